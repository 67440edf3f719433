//! The apps with which people scan codes: their links, and the files by which phones know that the links are theirs.

use saoma_protocol::ScanCode;
use serde_json::json;

use crate::settings::{AppSettings, CODE_IN_LINK, CheckFileSettings};

/// All apps of a gateway.
#[derive(Debug, Default)]
pub(crate) struct Apps {
    apps: Vec<App>,
    asset_links: Option<String>,
    apple: Option<String>,
    harmony: Option<String>,
    check_files: Vec<CheckFileSettings>,
}

/// An app with which people scan codes.
#[derive(Debug)]
pub(crate) struct App {
    /// Its name, as people know it.
    pub(crate) name: String,
    link: String,
    stores: Stores,
}

/// Addresses from which people get an app.
#[derive(Debug)]
pub(crate) struct Stores {
    /// For every phone.
    pub(crate) any: Option<String>,
    /// For Android.
    pub(crate) android: Option<String>,
    /// For iOS.
    pub(crate) apple: Option<String>,
    /// For HarmonyOS.
    pub(crate) harmony: Option<String>,
}

impl Apps {
    /// Creates the apps of these settings.
    pub(crate) fn new(apps: &[AppSettings], check_files: &[CheckFileSettings]) -> Self {
        Self {
            asset_links: asset_links(apps),
            apple: apple_app_site_association(apps),
            harmony: app_linking(apps),
            check_files: check_files.to_vec(),
            apps: apps.iter().map(App::of).collect(),
        }
    }

    /// Returns all apps, in the order of the settings.
    pub(crate) fn all(&self) -> &[App] {
        &self.apps
    }

    /// Returns the app that a login page offers: the first of the named ones, or of all.
    pub(crate) fn offered(&self, names: Option<&[String]>) -> Option<&App> {
        let is_named = |app: &&App| names.is_none_or(|names| names.contains(&app.name));
        self.apps.iter().find(is_named)
    }

    /// Returns the statement list of Android (Digital Asset Links), if an app has a package.
    pub(crate) fn asset_links(&self) -> Option<&str> {
        self.asset_links.as_deref()
    }

    /// Returns the association file of iOS, if an app has an App ID.
    pub(crate) fn apple_app_site_association(&self) -> Option<&str> {
        self.apple.as_deref()
    }

    /// Returns the association file of HarmonyOS, if an app has an identifier.
    pub(crate) fn app_linking(&self) -> Option<&str> {
        self.harmony.as_deref()
    }

    /// Returns the check files.
    pub(crate) fn check_files(&self) -> &[CheckFileSettings] {
        &self.check_files
    }
}

impl App {
    fn of(settings: &AppSettings) -> Self {
        Self {
            name: settings.name.clone(),
            link: settings.link.clone(),
            stores: Stores {
                any: settings.get.clone(),
                android: settings.get_android.clone(),
                apple: settings.get_apple.clone(),
                harmony: settings.get_harmony.clone(),
            },
        }
    }

    /// Returns its link, with `{code}` where the scan code belongs.
    pub(crate) fn link_template(&self) -> &str {
        &self.link
    }

    /// Returns the link that opens it with a code. The code's text needs no escape.
    pub(crate) fn link_of(&self, code: &ScanCode) -> String {
        self.link.replace(CODE_IN_LINK, &code.to_string())
    }

    /// Returns the addresses from which people get it.
    pub(crate) const fn stores(&self) -> &Stores {
        &self.stores
    }
}

impl Stores {
    /// Returns true if there is an address for some phone.
    pub(crate) fn is_any(&self) -> bool {
        let stores = [&self.any, &self.android, &self.apple, &self.harmony];
        stores.into_iter().any(Option::is_some)
    }

    /// Returns the address for the phone that this browser says it is of, else the one for every phone.
    pub(crate) fn for_browser(&self, user_agent: &str) -> Option<&str> {
        let is_of = |names: &[&str]| names.iter().any(|name| user_agent.contains(name));
        let store = if is_of(&["HarmonyOS", "OpenHarmony"]) {
            // Those that still run Android's apps name both.
            let android = self.android.as_ref().filter(|_| is_of(&["Android"]));
            self.harmony.as_ref().or(android)
        } else if is_of(&["iPhone", "iPad"]) {
            self.apple.as_ref()
        } else if is_of(&["Android"]) {
            self.android.as_ref()
        } else {
            None
        };
        store.or(self.any.as_ref()).map(String::as_str)
    }
}

/// <https://developers.google.com/digital-asset-links/v1/statements>
fn asset_links(apps: &[AppSettings]) -> Option<String> {
    let statements: Vec<_> = apps
        .iter()
        .filter_map(|app| {
            let fingerprints = app.android_sha256.iter();
            Some(json!({
                "relation": ["delegate_permission/common.handle_all_urls"],
                "target": {
                    "namespace": "android_app",
                    "package_name": app.android_package.as_ref()?,
                    "sha256_cert_fingerprints":
                        fingerprints.map(|text| text.to_ascii_uppercase()).collect::<Vec<_>>(),
                },
            }))
        })
        .collect();
    (!statements.is_empty()).then(|| json!(statements).to_string())
}

/// <https://developer.apple.com/documentation/xcode/supporting-associated-domains>. `appID` and `paths` are for versions
/// before iOS 13, which do not know `appIDs` and `components`.
fn apple_app_site_association(apps: &[AppSettings]) -> Option<String> {
    let details: Vec<_> = apps
        .iter()
        .flat_map(|app| {
            let paths = app.opened_paths();
            let components: Vec<_> = paths.iter().map(|path| json!({ "/": path })).collect();
            app.apple_app_ids.iter().map(move |id| {
                json!({ "appID": id, "appIDs": [id], "paths": paths, "components": components })
            })
        })
        .collect();
    (!details.is_empty())
        .then(|| json!({ "applinks": { "apps": [], "details": details } }).to_string())
}

/// App Linking of HarmonyOS.
fn app_linking(apps: &[AppSettings]) -> Option<String> {
    let ids = apps.iter().flat_map(|app| &app.harmony_app_ids);
    let apps: Vec<_> = ids.map(|id| json!({ "appIdentifier": id })).collect();
    (!apps.is_empty()).then(|| json!({ "applinking": { "apps": apps } }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b2_each_phone_is_led_to_its_own_store() {
        let stores = |any: bool| Stores {
            any: any.then(|| "any".to_owned()),
            android: Some("android".to_owned()),
            apple: Some("apple".to_owned()),
            harmony: None,
        };
        for (user_agent, store, without_any) in [
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8)",
                "android",
                Some("android"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)",
                "apple",
                Some("apple"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 12; HarmonyOS; LIO-AN00)",
                "android",
                Some("android"),
            ),
            (
                "Mozilla/5.0 (Phone; OpenHarmony 5.0) Chrome/114.0.0.0 ArkWeb",
                "any",
                None,
            ),
            ("Mozilla/5.0 (X11; Linux x86_64)", "any", None),
            ("", "any", None),
        ] {
            assert_eq!(
                stores(true).for_browser(user_agent),
                Some(store),
                "{user_agent}"
            );
            assert_eq!(
                stores(false).for_browser(user_agent),
                without_any,
                "{user_agent}"
            );
        }
    }
}
