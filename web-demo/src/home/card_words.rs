//! What the services for a card mean, in both languages: before, after, and when one is refused.

use crate::cards::CardService;
use crate::registers::{CardRefusesAction, CardState, MakingStep};

/// A text in Chinese and in English.
pub type Pair = (&'static str, &'static str);

/// What a service will do, for whoever is about to have it done.
pub const fn meaning(service: CardService) -> Pair {
    match service {
        CardService::Activate => (
            "激活后，卡片立即可以使用。已申领电子社保卡的，可以扫码登录。",
            "The card can be used at once, and with an electronic card you can log in by scanning.",
        ),
        CardService::Track => (
            "查看卡片状态和新卡的制作进度。",
            "Shows the card's state and how far a new one is.",
        ),
        CardService::ReportLoss => (
            "挂失立即生效：卡片停止使用，您将不能扫码登录，仍可用用户名和密码登录。找回后可以解挂，无法找回可以补办。",
            "At once the card stops working and you can no longer log in by scanning; user name and password still work. If you find it, undo the loss; if not, replace it.",
        ),
        CardService::UndoLoss => (
            "解挂立即生效：卡片恢复使用，可以扫码登录。请确认卡片在您本人手中。",
            "At once the card works again and you can log in by scanning. Make sure that you hold the card.",
        ),
        CardService::Cancel => (
            "注销后不能恢复：卡片永久停用，您将不能扫码登录，仍可用用户名和密码登录。需要用卡时只能补办新卡。",
            "This cannot be undone: the card stops working for good and you can no longer log in by scanning; user name and password still work. The only way to a card is then a new one.",
        ),
        CardService::Replace => (
            "原卡永久注销，并制作新卡。领到新卡并激活之前，您不能扫码登录，仍可用用户名和密码登录。",
            "The old card is cancelled for good and a new one is made. Until you have activated the new one you cannot log in by scanning; user name and password still work.",
        ),
    }
}

/// What was done, in a line: the title of the notice as well.
pub const fn done(service: CardService) -> Pair {
    match service {
        CardService::Activate => ("社会保障卡已激活", "Your card was activated"),
        CardService::Track => ("社会保障卡进度", "Your card's progress"),
        CardService::ReportLoss => ("社会保障卡已挂失", "Your card was reported lost"),
        CardService::UndoLoss => ("社会保障卡已解挂", "The loss of your card was undone"),
        CardService::Cancel => ("社会保障卡已注销", "Your card was cancelled"),
        CardService::Replace => ("社会保障卡补办已受理", "A new card was ordered"),
    }
}

/// What follows from what was done.
pub const fn consequence(service: CardService) -> Pair {
    match service {
        CardService::Activate | CardService::UndoLoss | CardService::Track => (
            "已申领电子社保卡的，现在可以扫码登录。",
            "With an electronic card you can log in by scanning now.",
        ),
        CardService::ReportLoss => (
            "您现在不能扫码登录。找回卡片后请办理卡解挂，无法找回请办理卡补办。",
            "You cannot log in by scanning now. If you find the card, undo the loss; if not, replace it.",
        ),
        CardService::Cancel => (
            "您现在不能扫码登录。需要用卡时请办理卡补办。",
            "You cannot log in by scanning now. If you need a card, have it replaced.",
        ),
        CardService::Replace => (
            "您现在不能扫码登录。制作进度见“卡跟踪”；领到新卡后请办理卡激活。",
            "You cannot log in by scanning now. “Track” shows how far the new card is; activate it when you have it.",
        ),
    }
}

/// Why a service is refused, and what to do.
pub const fn refusal(service: CardService, refused: CardRefusesAction) -> Pair {
    match refused {
        CardRefusesAction::NoCard => (
            "您还没有实体社会保障卡。请携带身份证到社保服务窗口或合作银行网点申领。",
            "You have no physical card. Take your ID card to a service counter or a partner bank to get one.",
        ),
        CardRefusesAction::BeingMade => (
            "新卡正在制作，不能再次补办。请在“卡跟踪”中查看进度。",
            "A new card is being made already. “Track” shows how far it is.",
        ),
        CardRefusesAction::State(state) => refusal_of_state(service, state),
    }
}

const fn refusal_of_state(service: CardService, state: CardState) -> Pair {
    match (state, service) {
        (CardState::Sealed, _) => (
            "卡片已被封存，不能自助办理。请携带身份证到社保服务窗口申请解封。",
            "The card is sealed, and you cannot change that here. Take your ID card to a service counter.",
        ),
        (CardState::ApplicationLocked, _) => (
            "卡片的应用已被锁定，不能自助办理。请携带身份证和卡片到社保服务窗口解锁。",
            "The card's application is locked, and you cannot change that here. Take your ID card and the card to a service counter.",
        ),
        (CardState::Cancelled, _) => (
            "卡片已注销，不能恢复。需要用卡时请办理卡补办。",
            "The card is cancelled for good. If you need a card, have it replaced.",
        ),
        (CardState::ReportedLost, CardService::ReportLoss) => (
            "卡片已经挂失，无需再次办理。找回后请解挂，无法找回请补办。",
            "The card is reported lost already. If you find it, undo the loss; if not, replace it.",
        ),
        (CardState::ReportedLost, _) => (
            "卡片已挂失。找回后请先办理卡解挂。",
            "The card is reported lost. If you have found it, undo the loss first.",
        ),
        (CardState::Active | CardState::NotActivated, CardService::UndoLoss) => (
            "卡片没有挂失，无需解挂。",
            "The card is not reported lost, so there is nothing to undo.",
        ),
        (CardState::Active | CardState::NotActivated, CardService::Replace) => (
            "卡片没有挂失。如已遗失，请先办理卡挂失，再办理卡补办。",
            "The card is not reported lost. If you have lost it, report that first, then replace it.",
        ),
        (CardState::Active, _) => ("卡片已激活，无需再次办理。", "The card is active already."),
        (CardState::NotActivated, _) => (
            "卡片尚未激活。请先办理卡激活。",
            "The card is not activated. Activate it first.",
        ),
    }
}

/// The steps of making a card.
pub const MAKING: [(MakingStep, Pair); 4] = [
    (MakingStep::Accepted, ("已受理", "Accepted")),
    (MakingStep::Printing, ("制卡中", "Printing")),
    (MakingStep::Delivering, ("配送中", "On its way")),
    (MakingStep::Ready, ("待领取", "To be collected")),
];
