//! A browser without JavaScript: cookies, forms, redirects.

use std::collections::BTreeMap;

use http::StatusCode;
use http::header::{ACCEPT, ACCEPT_LANGUAGE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, Response};

/// Somebody at one surface.
pub struct Visitor {
    http: Client,
    origin: String,
    /// Cookies by name.
    pub cookies: BTreeMap<String, String>,
    language: &'static str,
}

/// A page that a visitor sees.
#[derive(Debug)]
pub struct Page {
    /// The status of the last answer.
    pub status: StatusCode,
    /// The path that it came from.
    pub path: String,
    /// Its text.
    pub body: String,
}

impl Visitor {
    /// At the surface of this origin, reading Chinese.
    pub fn new(origin: &str) -> Self {
        let http = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            http,
            origin: origin.to_owned(),
            cookies: BTreeMap::new(),
            language: "zh-CN",
        }
    }

    /// Reading English.
    pub fn in_english(self) -> Self {
        Self {
            language: "en",
            ..self
        }
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Page {
        self.go(Method::GET, path, &[]).await
    }

    /// Sends a form.
    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        self.go(Method::POST, path, form).await
    }

    /// Asks as the page's script does.
    pub async fn ask(
        &mut self,
        method: Method,
        path: &str,
        form: &[(&str, &str)],
    ) -> serde_json::Value {
        self.send(method, path, form, "application/json")
            .await
            .json()
            .await
            .unwrap()
    }

    /// The same browser, at another origin.
    pub fn back_at(&self, origin: &str) -> Self {
        Self {
            cookies: self.cookies.clone(),
            language: self.language,
            ..Self::new(origin)
        }
    }

    /// Sends JSON, as a page's script does.
    pub async fn post_json(&self, path: &str, body: &serde_json::Value) -> serde_json::Value {
        let request = self
            .http
            .post(format!("{}{path}", self.origin))
            .header(COOKIE, self.cookie_header());
        request
            .json(body)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    fn cookie_header(&self) -> String {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    async fn go(&mut self, mut method: Method, path: &str, mut form: &[(&str, &str)]) -> Page {
        let mut path = path.to_owned();
        loop {
            let response = self.send(method, &path, form, "text/html").await;
            let Some(location) = response.headers().get(LOCATION) else {
                let status = response.status();
                return Page {
                    status,
                    path,
                    body: response.text().await.unwrap(),
                };
            };
            path = location.to_str().unwrap().to_owned();
            (method, form) = (Method::GET, &[]);
        }
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        form: &[(&str, &str)],
        accept: &str,
    ) -> Response {
        let request = self
            .http
            .request(method.clone(), format!("{}{path}", self.origin));
        let request = request
            .header(COOKIE, self.cookie_header())
            .header(ACCEPT_LANGUAGE, self.language);
        let request = request.header(ACCEPT, accept);
        let request = if method == Method::POST {
            request.form(form)
        } else {
            request
        };
        let response = request.send().await.unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        response
    }
}

impl Page {
    /// Whether it says this.
    pub fn says(&self, words: &str) -> bool {
        self.body.contains(words)
    }

    /// What stands beside a field as wrong; nothing where nothing is.
    pub fn problem(&self, field: &str) -> &str {
        let Some((_, line)) = self.body.split_once(&format!("id=\"{field}-error\"")) else {
            return "";
        };
        line.split_once('>')
            .and_then(|(_, text)| text.split_once("</p>"))
            .expect("a line")
            .0
    }

    /// What stands in a field.
    pub fn value(&self, field: &str) -> &str {
        self.between(&format!("name=\"{field}\" value=\""), "\"")
    }

    /// The step that the stepper shows as the current one.
    pub fn step(&self) -> &str {
        self.between("aria-current=\"step\">", "</li>")
    }

    /// The code in the last message to this phone, on the developer page.
    pub fn code_sent_to(&self, phone: &str) -> String {
        let row = self
            .body
            .split("<tr>")
            .find(|row| row.contains(phone))
            .expect("a message to this phone");
        let text = row.split("<td>").last().unwrap();
        let code = text
            .split(|character: char| !character.is_ascii_digit())
            .find(|digits| digits.len() == 6);
        code.expect("a code in the message").to_owned()
    }

    /// What stands between two texts.
    pub fn between(&self, before: &str, after: &str) -> &str {
        let (_, rest) = self
            .body
            .split_once(before)
            .unwrap_or_else(|| panic!("no {before} in {self:?}"));
        rest.split_once(after).unwrap().0
    }
}
