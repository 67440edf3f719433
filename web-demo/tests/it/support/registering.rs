//! A person who registers.

use super::{Page, Site, TestBrowser, person};

/// A form of the step that creates the user.
pub(super) type Form<'a> = Vec<(&'a str, &'a str)>;

/// A browser or phone on the way to an account, its person's identity verified.
pub(crate) struct Registering {
    pub browser: TestBrowser,
    pub id_number: String,
}

/// A form without a mistake, but for these changes.
pub(crate) fn user_form<'a>(changes: &[(&'a str, &'a str)]) -> Form<'a> {
    let mut form = vec![
        ("user_name", "shiliuser"),
        ("password", "k7m2xq"),
        ("confirmation", "k7m2xq"),
        ("phone", "13009700099"),
        ("code", ""),
        ("email", ""),
        ("qq", ""),
        ("wechat", ""),
    ];
    for (name, value) in &mut form {
        if let Some((_, changed)) = changes.iter().find(|(changed, _)| changed == name) {
            *value = changed;
        }
    }
    form
}

impl Registering {
    /// At the portal.
    pub(crate) async fn at_the_portal(site: &Site, name: &str) -> Self {
        let mut browser = site.portal();
        browser
            .check("/register\n/register/agreement <- category=personal&agreed=yes")
            .await;
        Self::identified(browser, name).await
    }

    /// In the app.
    pub(crate) async fn on_the_phone(site: &Site, name: &str) -> Self {
        let mut browser = site.phone();
        browser.get("/register").await;
        Self::identified(browser, name).await
    }

    async fn identified(mut browser: TestBrowser, name: &str) -> Self {
        let id_number = person(name);
        let identity = format!(
            "/register/identity <- agreed=yes&id_number={id_number}&name={name} => @/register/user"
        );
        browser.check(&identity).await;
        Self { browser, id_number }
    }

    /// Sends the form of the user, with these changes.
    pub(crate) async fn send(&mut self, changes: &[(&str, &str)]) -> Page {
        self.browser
            .post("/register/user", &user_form(changes))
            .await
    }

    /// Sends the form with these changes, and checks the answer as a line of a script.
    pub(crate) async fn check(&mut self, changes: &[(&str, &str)], expected: &str) {
        let page = self.send(changes).await;
        page.check(&format!("{changes:?}"), expected);
    }

    /// Asks for a code for the form's phone, with these changes.
    pub(crate) async fn send_code(&mut self, changes: &[(&str, &str)]) -> Page {
        self.browser
            .post("/register/user/code", &user_form(changes))
            .await
    }

    /// Gets a code for the form's phone and sends the form with it.
    pub(crate) async fn finish(&mut self, site: &Site, changes: &[(&str, &str)]) -> Page {
        let sent = self.send_code(changes).await;
        assert_eq!(sent.path, "/register/user", "{sent:?}");
        let (_, phone) = user_form(changes)[3];
        let code = site.code_sent_to(phone).await;
        self.send(&[changes, &[("code", &*code)]].concat()).await
    }
}
