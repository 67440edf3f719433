//! One account on both surfaces, and logging in to it by password.

use crate::support::{Hall, PASSWORD, Registering, Site, TestBrowser, check};

/// Opens a browser on a surface.
type Opens = fn(&Site) -> TestBrowser;

/// The password page of each surface.
const SURFACES: [(Opens, &str); 2] = [(Site::phone, "/login"), (Site::portal, "/login/password")];

/// Row S2.
#[tokio::test]
async fn an_account_made_on_either_surface_logs_in_on_both() {
    for on_the_web in [true, false] {
        let hall = Hall::open().await;
        let mut zi = match on_the_web {
            true => Registering::at_the_portal(&hall, "示例子").await,
            false => Registering::on_the_phone(&hall, "示例子").await,
        };
        zi.finish(&hall, &[]).await;
        for (surface, path) in SURFACES {
            let home = surface(&hall).log_in(path, "ShiliUser", "k7m2xq").await;
            home.check(path, "@/ | 示例子");
        }
    }
}

/// Row S2.
#[tokio::test]
async fn a_person_who_has_registered_is_logged_in() {
    let hall = Hall::open().await;
    for (mut person, name) in [
        (Registering::at_the_portal(&hall, "示例子").await, "示例子"),
        (Registering::on_the_phone(&hall, "示例丑").await, "示例丑"),
    ] {
        let user_name = person.id_number.clone();
        person.finish(&hall, &[("user_name", &user_name)]).await;
        check!(person.browser; "/ => @/ | {name}");
        hall.pass_limits(60).await;
    }
}

/// Row S8.
#[tokio::test]
async fn an_unknown_user_and_a_wrong_password_get_the_same_answer_on_both_surfaces() {
    let hall = Hall::open().await;
    for (surface, path) in SURFACES {
        let wrong = surface(&hall).log_in(path, "jia", "wrong123").await;
        assert_eq!(wrong.status, 422);
        wrong.check(
            "the summary",
            "422 | class=\"summary\" | href=\"#user-name\"",
        );
        let unknown = surface(&hall).log_in(path, "nobody", "wrong123").await;
        let [wrong, unknown] = [(wrong, "jia"), (unknown, "nobody")];
        assert_eq!(
            wrong.0.body_without_key().replace(wrong.1, "…"),
            unknown.0.body_without_key().replace(unknown.1, "…")
        );
    }
}

/// Row S8.
#[tokio::test]
async fn passwords_are_limited_by_account_across_both_surfaces() {
    let hall = Hall::open().await;
    for _ in 0..5 {
        hall.phone().log_in("/login", "jia", "wrong123").await;
    }
    let path = "/login/password";
    let refused = hall.portal().log_in(path, "jia", PASSWORD).await;
    assert_eq!(refused.status, 429, "{refused:?}");
    assert_eq!(hall.portal().log_in(path, "yi", PASSWORD).await.path, "/");
}

/// Row S8.
#[tokio::test]
async fn a_password_login_on_the_web_ends_with_logging_out() {
    let hall = Hall::open().await;
    check!(hall.portal_of("jia").await; "
        / => 我的账户
        /logout <-
        /account => @/login");
}
