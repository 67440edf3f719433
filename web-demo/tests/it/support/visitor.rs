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
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { http, origin: origin.to_owned(), cookies: BTreeMap::new(), language: "zh-CN" }
    }

    /// Reading English.
    pub fn in_english(self) -> Self {
        Self { language: "en", ..self }
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
    pub async fn ask(&mut self, method: Method, path: &str, form: &[(&str, &str)]) -> serde_json::Value {
        self.send(method, path, form, "application/json").await.json().await.unwrap()
    }

    async fn go(&mut self, mut method: Method, path: &str, mut form: &[(&str, &str)]) -> Page {
        let mut path = path.to_owned();
        loop {
            let response = self.send(method, &path, form, "text/html").await;
            let Some(location) = response.headers().get(LOCATION) else {
                let status = response.status();
                return Page { status, path, body: response.text().await.unwrap() };
            };
            path = location.to_str().unwrap().to_owned();
            (method, form) = (Method::GET, &[]);
        }
    }

    async fn send(&mut self, method: Method, path: &str, form: &[(&str, &str)], accept: &str) -> Response {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.http.request(method.clone(), format!("{}{path}", self.origin));
        let request = request.header(COOKIE, cookies.join("; ")).header(ACCEPT_LANGUAGE, self.language);
        let request = request.header(ACCEPT, accept);
        let request = if method == Method::POST { request.form(form) } else { request };
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
        line.split_once('>').and_then(|(_, text)| text.split_once("</p>")).expect("a line").0
    }

    /// What stands in a field.
    pub fn value(&self, field: &str) -> &str {
        self.between(&format!("name=\"{field}\" value=\""), "\"")
    }

    /// The step that the stepper shows as the current one.
    pub fn step(&self) -> &str {
        self.between("aria-current=\"step\">", "</li>")
    }

    fn between(&self, before: &str, after: &str) -> &str {
        let (_, rest) = self.body.split_once(before).unwrap_or_else(|| panic!("no {before} in {self:?}"));
        rest.split_once(after).unwrap().0
    }
}
