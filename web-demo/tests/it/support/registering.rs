//! A person who registers.

use super::{Hall, Page, Visitor, person};

/// What is typed in the step that creates the user.
pub type Form<'a> = Vec<(&'a str, &'a str)>;

/// A visitor on the way to an account.
pub struct Registering {
    pub visitor: Visitor,
    pub id_number: String,
}

/// A form in which nothing is wrong, but for what is given.
pub fn user_form<'a>(changes: &[(&'a str, &'a str)]) -> Form<'a> {
    let right = [
        ("user_name", "shiliuser"),
        ("password", "k7m2xq"),
        ("confirmation", "k7m2xq"),
        ("phone", "13009700099"),
        ("code", ""),
        ("email", ""),
        ("qq", ""),
        ("wechat", ""),
    ];
    let changed = |name: &str| {
        changes
            .iter()
            .find(|(changed, _)| *changed == name)
            .map(|(_, value)| *value)
    };
    right
        .iter()
        .map(|(name, value)| (*name, changed(name).unwrap_or(value)))
        .collect()
}

impl Registering {
    /// Somebody at the portal whose identity is verified.
    pub async fn at_the_portal(hall: &Hall, name: &str) -> Self {
        let mut visitor = hall.at_the_portal();
        visitor.get("/register").await;
        visitor
            .post(
                "/register/agreement",
                &[("category", "personal"), ("agreed", "yes")],
            )
            .await;
        Self::identified(visitor, name).await
    }

    /// Somebody on the phone whose identity is verified.
    pub async fn on_the_phone(hall: &Hall, name: &str) -> Self {
        let mut visitor = hall.on_the_phone();
        visitor.get("/register").await;
        Self::identified(visitor, name).await
    }

    async fn identified(mut visitor: Visitor, name: &str) -> Self {
        let id_number = person(name);
        let form = [("agreed", "yes"), ("id_number", &id_number), ("name", name)];
        let page = visitor.post("/register/identity", &form).await;
        assert_eq!(page.path, "/register/user", "{page:?}");
        Self { visitor, id_number }
    }

    /// Gets a code for the form's phone and sends the form with it.
    pub async fn finish(&mut self, hall: &Hall, changes: &[(&str, &str)]) -> Page {
        let form = user_form(changes);
        let phone = form.iter().find(|(name, _)| *name == "phone").unwrap().1;
        let sent = self.visitor.post("/register/user/code", &form).await;
        assert_eq!(sent.path, "/register/user", "{sent:?}");
        let code = hall.code_sent_to(phone).await;
        let mut with_code = changes.to_vec();
        with_code.push(("code", &code));
        self.visitor
            .post("/register/user", &user_form(&with_code))
            .await
    }
}
