//! Settings of the apps that open a login's code, and of files by which others check the gateway's domain.

use serde::{Deserialize, Serialize};

/// Part of a link that the scan code takes the place of.
pub(crate) const CODE_IN_LINK: &str = "{code}";

/// Paths of a code's address, which an app opens unless its settings say otherwise.
const CODE_PATHS: [&str; 2] = ["/q/*", "/Q/*"];

/// `[[apps]]`: an app with which people scan codes. The page behind a code offers it to people whose scanner is not of the
/// app.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AppSettings {
    /// Name that people know it by; unique.
    pub name: String,
    /// Address that opens it with a code: `https`, or the app's own scheme, with `{code}` where the scan code belongs, such
    /// as `https://app.example/open?code={code}` or `com.example.app://scan?code={code}`. The app asks whether the code
    /// stands on a screen before the person: a link may have come from a stranger.
    pub link: String,
    /// Address of a page from which people get it; none by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub get: Option<String>,
    /// Address in a store for Android.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub get_android: Option<String>,
    /// Address in the App Store of Apple.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub get_apple: Option<String>,
    /// Address in the store of HarmonyOS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub get_harmony: Option<String>,
    /// Package of the Android app, for `/.well-known/assetlinks.json`: Android then opens the address of a code in the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub android_package: Option<String>,
    /// SHA-256 fingerprints of the certificates that sign the package, each of 32 pairs of hexadecimal digits with colons
    /// between them, as `keytool -list -v` prints it.
    #[serde(default)]
    pub android_sha256: Vec<String>,
    /// App IDs (team and bundle), such as `ABCDE12345.com.example.app`, for `/.well-known/apple-app-site-association`: iOS
    /// then opens the address of a code in the app.
    #[serde(default)]
    pub apple_app_ids: Vec<String>,
    /// App identifiers of AppGallery Connect, for `/.well-known/applinking.json`: HarmonyOS then opens the address of a code
    /// in the app.
    #[serde(default)]
    pub harmony_app_ids: Vec<String>,
    /// Paths of the gateway that the iOS app opens; `/q/*` and `/Q/*` by default, which are those of codes.
    #[serde(default)]
    pub paths: Vec<String>,
}

impl AppSettings {
    /// Returns the paths that the app opens.
    pub(crate) fn opened_paths(&self) -> Vec<&str> {
        if self.paths.is_empty() {
            CODE_PATHS.to_vec()
        } else {
            self.paths.iter().map(String::as_str).collect()
        }
    }

    /// Returns each address that it gives, with its setting.
    pub(super) fn stores(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let stores = [
            ("apps.get", &self.get),
            ("apps.get_android", &self.get_android),
            ("apps.get_apple", &self.get_apple),
            ("apps.get_harmony", &self.get_harmony),
        ];
        stores
            .into_iter()
            .filter_map(|(setting, address)| Some((setting, address.as_deref()?)))
    }
}

/// `[[check_files]]`: a file at the root of the gateway's origin by which another service, such as WeChat or Alipay, checks
/// whose domain it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CheckFileSettings {
    /// Name, such as `MP_verify_abc123.txt`: letters, digits, `_` and `-`, at most 64 of them, and `.txt`; unique.
    pub name: String,
    /// Its text: visible ASCII and spaces, at most 1,024 characters. It is served as plain text.
    pub content: String,
}
