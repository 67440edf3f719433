//! A certificate authority of a test's own.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair,
};

/// An authority, whose certificate is in `ca.pem` of its folder.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: PathBuf,
}

/// Files of a certificate and its key, and of both together.
pub(crate) struct Issued {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) both: PathBuf,
}

impl Authority {
    pub(crate) fn in_folder(folder: &Path) -> Self {
        let mut authority = CertificateParams::default();
        // OpenSSL takes a certificate for self-signed whose issuer has its own name.
        authority
            .distinguished_name
            .push(DnType::CommonName, "authority of a test");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        std::fs::write(folder.join("ca.pem"), issuer.pem()).unwrap();
        Self {
            issuer,
            folder: folder.to_owned(),
        }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Issues a certificate of this machine, by name and address, in files that begin with `name`.
    pub(crate) fn issue(&self, name: &str) -> Issued {
        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        let mut certificate = CertificateParams::new(names).unwrap();
        certificate.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        self.issue_as(name, certificate)
    }

    pub(crate) fn issue_as(&self, name: &str, certificate: CertificateParams) -> Issued {
        let key = KeyPair::generate().unwrap();
        let certificate = certificate.signed_by(&key, &self.issuer).unwrap();
        let write = |kind: &str, text: &str| {
            let file = self.folder.join(format!("{name}.{kind}"));
            std::fs::write(&file, text).unwrap();
            file
        };
        let (certificate, key) = (certificate.pem(), key.serialize_pem());
        Issued {
            both: write("both.pem", &format!("{certificate}{key}")),
            certificate: write("crt", &certificate),
            key: write("key", &key),
        }
    }
}
