//! Scripts: requests of one browser, with the expected answer beside each.

use url::form_urlencoded;

use super::{Page, TestBrowser};

/// Runs a script that is written as for `format!`: `check!(jia; "{path} => @/login")`. See
/// [`TestBrowser::check`].
macro_rules! check {
    ($browser:expr; $($script:tt)+) => {
        $browser.check(&format_args!($($script)+).to_string()).await
    };
}

pub(crate) use check;

impl TestBrowser {
    /// Runs a script and checks every answer; returns the last page.
    ///
    /// ```text
    /// /exams                            => 还没有报名考试 | !/exams/electrician/cancel
    /// /exams/electrician/register <-    => 409 | 名额已满
    /// /questions <- subject=&body=问题  => 422 | #subject 请填写主题… | 问题
    /// /account                          => @/login
    /// ```
    ///
    /// A line is an address; with `<-` a form is posted there, URL-encoded but for other scripts'
    /// letters. Expected of the page that redirects lead to: a status (200 unless said), `@` its
    /// path, `#field` the error beside a field, `=field` the value in it, `!` a text that is
    /// absent, otherwise a text that is there. In an error `…` stands for more text at that end. A
    /// line that begins with `=>` or `|` continues the one before.
    pub(crate) async fn check(&mut self, script: &str) -> Page {
        let mut lines: Vec<String> = Vec::new();
        for line in script
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            match lines.last_mut() {
                Some(last) if line.starts_with(['|', '=']) => last.push_str(line),
                _ => lines.push(line.to_owned()),
            }
        }
        let mut page = None;
        for line in lines {
            let (request, expected) = line.split_once("=>").unwrap_or((&line, ""));
            let answer = self.run(request.trim()).await;
            answer.check(&line, expected);
            page = Some(answer);
        }
        page.expect("a line")
    }

    async fn run(&mut self, request: &str) -> Page {
        let Some((path, form)) = request.split_once("<-") else {
            return self.get(request).await;
        };
        let form: Vec<_> = form_urlencoded::parse(form.trim().as_bytes()).collect();
        let form: Vec<_> = form
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        self.post(path.trim(), &form).await
    }
}

impl Page {
    /// Checks what a line of a script expects.
    pub(crate) fn check(&self, line: &str, expected: &str) {
        let expected = expected
            .split('|')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        let mut status = 200;
        for part in expected {
            if part.len() == 3
                && let Ok(code) = part.parse()
            {
                status = code;
                continue;
            }
            let (kind, rest) = part.split_at(part.chars().next().map_or(0, char::len_utf8));
            let (field, text) = rest.split_once(' ').unwrap_or((rest, ""));
            match kind {
                "@" => assert_eq!(self.path, rest, "{line}: {self:?}"),
                "!" => assert!(!self.says(rest), "{line}: {self:?} says {rest}"),
                "=" => assert_eq!(self.value(field), text, "{line}: {field} in {self:?}"),
                "#" => {
                    let problem = self.problem(field);
                    let begun = text.strip_prefix('…');
                    let ended = text.strip_suffix('…');
                    let there = match (begun, ended) {
                        (Some(text), _) => problem.contains(text.trim_end_matches('…')),
                        (None, Some(text)) => problem.starts_with(text),
                        (None, None) => problem == text,
                    };
                    assert!(there, "{line}: {problem:?} beside {field} in {self:?}");
                }
                _ => assert!(self.says(part), "{line}: no {part} in {self:?}"),
            }
        }
        assert_eq!(self.status, status, "{line}: {self:?}");
    }
}
