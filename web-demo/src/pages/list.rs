//! The lines of a list, and the links between its pages, on both surfaces.

/// A state, as a colour and in words.
pub(crate) type Badge = (&'static str, &'static str);

#[derive(Debug, Default)]
pub(crate) struct Row {
    pub title: String,
    /// The address of its own page, if it has one.
    pub href: Option<String>,
    /// Whether it is new to the person.
    pub unread: bool,
    pub badge: Option<Badge>,
    pub time: String,
    /// More about it: texts, each with a day that may be empty.
    pub about: Vec<(String, String)>,
    /// The control at its end.
    pub action: Option<Action>,
}

/// A control at the end of a row or a page: a form's button, a link, or why there is no control.
#[derive(Debug)]
pub(crate) enum Action {
    /// Posts to an address.
    Post(String, &'static str),
    /// Leads to the page that asks whether to end something.
    End(String, &'static str),
    /// Leads to an address.
    Link(String, &'static str),
    /// Leads nowhere.
    Closed(Badge),
}

/// The links to the pages before and after.
#[derive(Debug)]
pub(crate) struct Pages {
    pub path: &'static str,
    /// The page's number, from 1.
    pub number: u32,
    /// Whether there are more pages.
    pub more: bool,
}
