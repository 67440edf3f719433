//! Puts what was typed back into the form of a page.
//!
//! The pages are the hall's own: attributes are quoted, text is escaped. Only the form that posts to the kept path is
//! filled, and no field for a password, a code or a file.

use std::borrow::Cow;

/// A tag in a page, from `<` to `>`.
struct Tag<'a> {
    name: &'a str,
    /// The whole of it.
    text: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Tag<'a> {
    /// Reads the tag at the beginning of a text.
    fn read(html: &'a str) -> Option<Self> {
        let end_of_name = html
            .get(1..)?
            .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '/')?
            + 1;
        let name = html.get(1..end_of_name).filter(|name| !name.is_empty())?;
        let mut attributes = Vec::new();
        let mut at = end_of_name;
        loop {
            let rest = html.get(at..)?;
            let skipped = rest.len() - rest.trim_start().len();
            at += skipped;
            let rest = html.get(at..)?;
            if rest.starts_with('>') {
                let text = html.get(..=at)?;
                return Some(Self {
                    name,
                    text,
                    attributes,
                });
            }
            let length =
                rest.find(|letter: char| letter == '=' || letter == '>' || letter.is_whitespace())?;
            let attribute = rest.get(..length.max(1))?;
            at += length.max(1);
            let Some(quoted) = html.get(at..)?.strip_prefix("=\"") else {
                attributes.push((attribute, ""));
                continue;
            };
            let value = quoted.get(..quoted.find('"')?)?;
            attributes.push((attribute, value));
            at += value.len() + 3;
        }
    }

    fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        let found = self.attributes.iter().find(|(known, _)| *known == name)?;
        Some(unescaped(found.1))
    }

    /// The tag without one attribute.
    fn without(&self, name: &str) -> String {
        let kept = self.attributes.iter().filter(|(known, _)| *known != name);
        let kept = kept.map(|(name, value)| match *value {
            "" if *name != "value" => format!(" {name}"),
            value => format!(" {name}=\"{value}\""),
        });
        format!("<{}{}>", self.name, kept.collect::<String>())
    }

    /// The tag with an attribute, or without it.
    fn with(&self, name: &str, value: Option<&str>) -> String {
        let mut tag = self.without(name);
        if let Some(value) = value {
            tag.pop();
            tag.push_str(&format!(" {name}=\"{}\">", escaped(value)));
        }
        tag
    }
}

/// What was typed, by the names of fields.
struct Typed<'a> {
    fields: Vec<(&'a str, &'a str, bool)>,
}

impl<'a> Typed<'a> {
    /// Takes the next value of a name.
    fn take(&mut self, name: &str) -> Option<&'a str> {
        let mut fields = self.fields.iter_mut();
        let found = fields.find(|(known, _, used)| *known == name && !*used)?;
        found.2 = true;
        Some(found.1)
    }

    fn has(&self, name: &str, value: Option<&str>) -> bool {
        let mut fields = self.fields.iter();
        fields.any(|(known, typed, _)| *known == name && value.is_none_or(|value| value == *typed))
    }
}

/// Fills the forms of a page at `here` that post to `path`, and begins each with a note. Returns the page as it is if it has
/// no such form with a field that was typed.
pub(super) fn fill(
    html: &str,
    here: &str,
    path: &str,
    fields: &[(String, String)],
    note: &str,
) -> String {
    let mut filled = String::with_capacity(html.len() + 1024);
    let mut rest = html;
    while let Some(at) = rest.find("<form") {
        let (before, form) = rest.split_at(at);
        filled.push_str(before);
        let end = form.find("</form>").unwrap_or(form.len());
        let (form, after) = form.split_at(end);
        rest = after;
        match Tag::read(form) {
            Some(tag) if posts_to(&tag, here, path) => {
                let inside = form.get(tag.text.len()..).unwrap_or_default();
                filled.push_str(tag.text);
                if let Some(inside) = fill_form(inside, fields) {
                    filled.push_str(&format!("<p class=\"notice\">{}</p>", escaped(note)));
                    filled.push_str(&inside);
                } else {
                    filled.push_str(inside);
                }
            }
            _ => filled.push_str(form),
        }
    }
    filled.push_str(rest);
    filled
}

fn posts_to(form: &Tag<'_>, here: &str, path: &str) -> bool {
    let action = form.get("action").filter(|action| !action.is_empty());
    let action = action.unwrap_or(Cow::Borrowed(here));
    let action = action.split('?').next().unwrap_or_default();
    form.get("method").is_some_and(|method| method == "post") && action == path
}

/// Returns the inside of a form with its fields filled; `None` if nothing in it was typed.
fn fill_form(html: &str, fields: &[(String, String)]) -> Option<String> {
    let mut typed = Typed {
        fields: fields
            .iter()
            .map(|(name, value)| (&**name, &**value, false))
            .collect(),
    };
    let (mut filled, mut is_filled) = (String::with_capacity(html.len()), false);
    let mut select = None;
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (before, tagged) = rest.split_at(at);
        filled.push_str(before);
        let Some(tag) = Tag::read(tagged) else {
            filled.push('<');
            rest = tagged.get(1..).unwrap_or_default();
            continue;
        };
        rest = tagged.get(tag.text.len()..).unwrap_or_default();
        let name = tag.get("name").unwrap_or_default();
        let kind = tag.get("type");
        match tag.name {
            "input" => match kind.as_deref().unwrap_or("text") {
                "hidden" | "password" | "file" | "submit" | "button" => filled.push_str(tag.text),
                "checkbox" | "radio" => {
                    let value = tag.get("value").unwrap_or(Cow::Borrowed("on"));
                    let is_checked = typed.has(&name, Some(&*value));
                    let is_asked = typed.has(&name, None) || kind.as_deref() == Some("checkbox");
                    is_filled |= is_checked;
                    if is_asked {
                        let checked = is_checked.then_some("checked");
                        filled.push_str(&tag.with("checked", checked));
                    } else {
                        filled.push_str(tag.text);
                    }
                }
                _ => match typed.take(&name) {
                    Some(value) => {
                        is_filled |= !value.is_empty();
                        filled.push_str(&tag.with("value", Some(value)));
                    }
                    None => filled.push_str(tag.text),
                },
            },
            "textarea" => {
                filled.push_str(tag.text);
                if let Some(value) = typed.take(&name) {
                    is_filled |= !value.is_empty();
                    // A browser drops the first line break in a textarea.
                    filled.push('\n');
                    filled.push_str(&escaped(value));
                    let end = rest.find("</textarea>").unwrap_or(rest.len());
                    rest = rest.get(end..).unwrap_or_default();
                }
            }
            "select" => {
                filled.push_str(tag.text);
                select = typed.has(&name, None).then(|| name.into_owned());
            }
            "/select" => {
                filled.push_str(tag.text);
                select = None;
            }
            "option" => match (&select, tag.get("value")) {
                (Some(name), Some(value)) => {
                    let is_chosen = typed.has(name, Some(&*value));
                    is_filled |= is_chosen;
                    filled.push_str(&tag.with("selected", is_chosen.then_some("selected")));
                }
                _ => filled.push_str(tag.text),
            },
            _ => filled.push_str(tag.text),
        }
    }
    filled.push_str(rest);
    is_filled.then_some(filled)
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Reads what askama has escaped.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let pairs = [
        ("&#34;", "\""),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&lt;", "<"),
        ("&#62;", ">"),
        ("&gt;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    let text = pairs
        .into_iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(html: &str, fields: &[(&str, &str)]) -> String {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        fill(html, "/page", "/page", &fields, "kept")
    }

    /// Row U3.
    #[test]
    fn each_kind_of_field_gets_what_was_typed() {
        for (form, fields, expected) in [
            (
                r#"<input id="a" name="a" value="" required>"#,
                &[("a", "\"><script>")][..],
                r#"<input id="a" name="a" required value="&quot;&gt;&lt;script&gt;">"#,
            ),
            (
                r#"<textarea name="a" required>old</textarea>"#,
                &[("a", "</textarea>\nx")],
                "<textarea name=\"a\" required>\n&lt;/textarea&gt;\nx</textarea>",
            ),
            (
                r#"<input name="a" type="checkbox" value="x"><input name="a" type="checkbox" value="y" checked>"#,
                &[("a", "x")],
                r#"<input name="a" type="checkbox" value="x" checked="checked"><input name="a" type="checkbox" value="y">"#,
            ),
            (
                r#"<select name="a"><option value="1" selected>one<option value="2">two</select>"#,
                &[("a", "2")],
                r#"<select name="a"><option value="1">one<option value="2" selected="selected">two</select>"#,
            ),
            (
                r#"<input name="a"><input name="a">"#,
                &[("a", "1"), ("a", "2")],
                r#"<input name="a" value="1"><input name="a" value="2">"#,
            ),
        ] {
            let page =
                format!(r#"<p>1 < 2</p><form method="post" action="/page?x=1">{form}</form>"#);
            let expected = format!(
                r#"<p>1 < 2</p><form method="post" action="/page?x=1"><p class="notice">kept</p>{expected}</form>"#
            );
            assert_eq!(filled(&page, fields), expected);
        }
    }

    /// Row U3.
    #[test]
    fn other_forms_and_secret_fields_stay_as_they_are() {
        let fields = [("a", "typed")];
        for page in [
            r#"<form method="post" action="/other"><input name="a"></form>"#,
            r#"<form action="/page"><input name="a"></form>"#,
            r#"<form method="post"><input name="a" type="password"></form>"#,
            r#"<form method="post"><input name="a" type="hidden" value="own"></form>"#,
            r#"<form method="post"><input name="b"></form>"#,
            r#"<form method="post"><input name="a"#,
            "<form",
            "",
        ] {
            assert_eq!(filled(page, &fields), page);
        }
    }
}
