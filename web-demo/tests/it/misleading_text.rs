//! Texts that would mislead the people who read them (threat T17).

use url::form_urlencoded::byte_serialize;

use crate::support::{Hall, check, person};

/// Turns the direction of what follows.
const OVERRIDE: &str = "\u{202e}";

fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

#[tokio::test]
async fn a_name_loses_a_character_that_turns_its_direction() {
    let hall = Hall::open().await;
    let (zi, name) = (person("示例子"), encoded(&format!("示{OVERRIDE}例子")));
    let mut portal = hall.portal();
    check!(portal; "
        /register/agreement <- agreed=yes =>
        /register/identity <- id_number={zi}&name={name} => @/register/user | !{OVERRIDE}");
    check!(hall.phone(); "/register/identity <- agreed=yes&id_number={zi}&name={name} => @/register/user | !{OVERRIDE}");
}

#[tokio::test]
async fn names_that_a_unit_types_lose_it_too() {
    let hall = Hall::open().await;
    let (jia, name) = (person("示例甲"), encoded("示例甲\u{200b}"));
    let (ding, other) = (person("示例丁"), encoded("示例\u{200b}丁"));
    let day = hall.day("+1 year").await;
    check!(hall.portal_for("yi", "90001").await; "
        /delegations <- id_number={jia}&name={name}&ends_on={day}&cards=1 => @/ | 示例甲 | !\u{200b}
        /unit/employees <- id_number={ding}&name={other}&base=6000 => @/unit/employees | 示例丁 | !\u{200b}");
}

#[tokio::test]
async fn words_to_the_authority_are_refused_with_the_character() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    let words = encoded(&format!("第一行\r\n第二行{OVERRIDE}"));
    let two_lines = encoded("第一行\r\n第二行");
    check!(jia; "
        /questions <- subject={words}&body=x => 422 | #subject …U+000D…
        /questions <- subject=x&body={words} => 422 | #body …U+202E…
        /questions <- subject=x&body={two_lines} => @/questions
        /applications/new/professional-title <- reason={words} => 422 | #reason …U+202E…
        /resume <- education=x&skills={words}&experience=&wish= => 422 | U+202E
        /account/details <- email=a{override_}@example.com&qq=&wechat= => a@example.com | !{OVERRIDE}
        /questions?lang=en <- subject=x&body={words} => 422
            | #body This holds the character U+202E, which turns the direction of text. Remove it.
        /resume <- education={two_lines}&skills=&experience=&wish= => @/resume",
        override_ = encoded(OVERRIDE));
    check!(hall.developer().await; "
        /developer/desk/applications/2 <- decision=returned&answer={words} => 422 | class=\"summary\" | href=\"#application-2\"
            | #application-2 …U+202E…");
}
