//! Apps whose links can be read or replaced on the way.

use super::{Findings, is_foreign_http};
use crate::settings::Settings;

impl Settings {
    pub(super) fn find_in_apps(&self, findings: &mut Findings) {
        for app in &self.apps {
            let name = &app.name;
            findings.refuse_if(
                is_foreign_http(&app.link),
                "apps.link",
                format!(
                    "{:?} of {name:?} is not encrypted, so that its codes can be read on the way: give an https URL",
                    app.link
                ),
            );
            for (setting, address) in app.stores() {
                findings.refuse_if(
                    is_foreign_http(address),
                    setting,
                    format!(
                        "{address:?} of {name:?} is not encrypted, so that another app can take its place on the way: give an https URL"
                    ),
                );
            }
        }
    }
}
