//! The inbox on the phone.

use crate::support::{Hall, check, sql};

/// Row S15.
#[tokio::test]
async fn the_phone_tells_of_a_strangers_login_and_ends_it() {
    let hall = Hall::open().await;
    let mut stranger = hall.portal_of("jia").await;
    stranger.check("/account => @/account").await;
    let mut jia = hall.phone_of("jia").await;
    jia.check("/ => badge count\">1<").await;
    let path = jia.get("/inbox").await.link("/inbox/");
    check!(jia; "
        {path} => 您的账号登录了网上服务大厅 | 这不是我
        / => !badge count");
    let another_persons = format!(
        "{path} => @/inbox
        {path}/not-me <- => @/inbox"
    );
    let mut ding = hall.phone_of("ding").await;
    ding.check(&another_persons).await;
    stranger.check("/account => @/account").await;
    check!(jia; "{path}/not-me <- => 该登录已经结束");
    stranger.check("/account => @/login").await;
    ding.check("/inbox?lang=en => No notices").await;
}

/// Row S15.
#[tokio::test]
async fn an_inbox_is_read_only_after_a_login() {
    let hall = Hall::open().await;
    check!(hall.phone(); "
        /inbox => @/login
        /inbox/1 => @/login
        /card => @/login");
}

/// Row U2.
#[tokio::test]
async fn u2_deleting_the_data_of_ones_face_asks_first() {
    let hall = Hall::open().await;
    let mut jia = hall.phone_of("jia").await;
    check!(jia; "/my/face/delete => @/my/face | 未保存您的任何人脸信息");
    let kept = "face_references WHERE id_number = '990000199003071016'";
    sql!(hall; "INSERT INTO face_references VALUES ('990000199003071016', x'00', unixepoch())");
    check!(jia; "
        /my/face => href=\"/my/face/delete\" | !<form method=\"post\" action=\"/my/face
        /my/face/delete => 删除后不能恢复 | 保留 | 确认删除");
    assert_eq!(hall.count(kept).await, 1);
    check!(jia; "
        /my/face/delete <- => @/my/face | 已删除您的人脸信息
        /my/face/delete <- => @/my/face
        /my/face => 未保存您的任何人脸信息");
    assert_eq!(hall.count(kept).await, 0);
}
