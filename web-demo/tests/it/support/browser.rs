//! A browser without JavaScript: cookies, forms, redirects.

use std::collections::BTreeMap;

use http::header::{
    ACCEPT, ACCEPT_LANGUAGE, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE, USER_AGENT,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response};

use saoma_demo::Secret;

use super::PASSWORD;

const CHROME: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36";

/// A browser at one surface.
pub(crate) struct TestBrowser {
    http: Client,
    origin: String,
    /// Cookies by name.
    pub cookies: BTreeMap<String, String>,
    /// Cookies that an attacker has planted in it, as they stand in the header.
    pub planted: String,
    language: &'static str,
    /// Whether it takes cookies.
    has_cookies: bool,
    /// The value of the cookie for kept pages that it has before it opens a page.
    pages: String,
    /// The public host that it asks for, and its own address, if a proxy stands between.
    through_proxy: Option<(String, String)>,
}

/// A page that a browser shows.
#[derive(Debug)]
pub(crate) struct Page {
    /// The status of the last answer.
    pub status: StatusCode,
    /// The path that it came from, without the key of a kept page.
    pub path: String,
    /// The address to load it again.
    pub address: String,
    pub body: String,
}

impl TestBrowser {
    /// At the surface of this origin, in Chinese.
    pub(crate) fn new(origin: &str) -> Self {
        let http = Client::builder().redirect(Policy::none()).build();
        Self {
            http: http.unwrap(),
            origin: origin.trim_end_matches('/').to_owned(),
            cookies: BTreeMap::new(),
            planted: String::new(),
            language: "zh-CN",
            has_cookies: true,
            pages: Secret::random().unwrap().expose().to_owned(),
            through_proxy: None,
        }
    }

    /// The same browser, at this address, on the other side of a proxy that ends TLS for a public host.
    pub(crate) fn through_proxy(mut self, host: &str, address: &str) -> Self {
        self.through_proxy = Some((host.to_owned(), address.to_owned()));
        self
    }

    /// The same browser, whose person has turned cookies off.
    pub(crate) fn without_cookies(mut self) -> Self {
        self.has_cookies = false;
        self
    }

    /// The same browser, in English.
    pub(crate) fn in_english(mut self) -> Self {
        self.language = "en";
        self
    }

    /// The same browser with an account of the demo logged in by the password page at this path.
    pub(crate) async fn logged_in(mut self, path: &str, user_name: &str) -> Self {
        let home = self.log_in(path, user_name, PASSWORD).await;
        assert_eq!((home.status.as_u16(), &*home.path), (200, "/"), "{home:?}");
        self
    }

    /// Sends the form of a password page.
    pub(crate) async fn log_in(&mut self, path: &str, user_name: &str, password: &str) -> Page {
        let form = [("user_name", user_name), ("password", password)];
        self.post(path, &form).await
    }

    /// Opens a page.
    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.go(Method::GET, path, &[]).await
    }

    /// Sends a form.
    pub(crate) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        self.go(Method::POST, path, form).await
    }

    /// Sends a form as the page's script does.
    pub(crate) async fn ask(
        &mut self,
        method: Method,
        path: &str,
        form: &[(&str, &str)],
    ) -> serde_json::Value {
        let answer = self.send(method, path, form, "application/json").await;
        answer.json().await.unwrap()
    }

    /// The same browser, at another origin.
    pub(crate) fn back_at(&self, origin: &str) -> Self {
        let mut browser = Self::new(origin);
        browser.cookies = self.cookies.clone();
        browser.pages.clone_from(&self.pages);
        browser
    }

    /// Sends JSON as the page's script does.
    pub(crate) async fn post_json(
        &self,
        path: &str,
        body: &serde_json::Value,
    ) -> serde_json::Value {
        let request = self.request(Method::POST, path).json(body);
        request.send().await.unwrap().json().await.unwrap()
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let cookies = self.cookies.iter();
        let cookies = cookies.map(|(name, value)| format!("{name}={value}"));
        let sends_origin = !matches!(method, Method::GET | Method::HEAD);
        let mut request = self.http.request(method, format!("{}{path}", self.origin));
        if sends_origin {
            request = request.header(ORIGIN, self.public_origin());
        }
        if let Some((host, address)) = &self.through_proxy {
            request = request
                .header(HOST, host)
                .header("x-forwarded-for", address);
        }
        let kept = self.has_cookies.then(|| {
            // A page was opened before the form on it was sent.
            let prefix = if self.through_proxy.is_some() {
                "__Host-"
            } else {
                ""
            };
            let names =
                ["shili_hall_pages", "shili_app_pages"].map(|name| format!("{prefix}{name}"));
            let missing = names
                .into_iter()
                .filter(|name| !self.cookies.contains_key(name));
            missing
                .map(|name| format!("{name}={}", self.pages))
                .collect::<Vec<_>>()
        });
        let planted = Some(self.planted.clone()).filter(|planted| !planted.is_empty());
        let cookies: Vec<_> = planted
            .into_iter()
            .chain(cookies)
            .chain(kept.into_iter().flatten())
            .collect();
        request
            .header(COOKIE, cookies.join("; "))
            .header(ACCEPT_LANGUAGE, self.language)
            .header(USER_AGENT, CHROME)
    }

    /// The path of an address at the browser's own surface.
    pub(crate) fn path_of<'a>(&self, address: &'a str) -> &'a str {
        address
            .strip_prefix(&self.public_origin())
            .unwrap_or(address)
    }

    /// The origin of its pages.
    fn public_origin(&self) -> String {
        match &self.through_proxy {
            Some((host, _)) => format!("https://{host}"),
            None => self.origin.clone(),
        }
    }

    /// The origin that it asks at.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Sends a form. Returns the cookies that its answer sets, before any redirect.
    pub(crate) async fn set_cookies_of(
        &mut self,
        path: &str,
        form: &[(&str, &str)],
    ) -> Vec<HeaderValue> {
        let answer = self.send(Method::POST, path, form, "text/html").await;
        answer
            .headers()
            .get_all(SET_COOKIE)
            .iter()
            .cloned()
            .collect()
    }

    /// Sends a form. Returns the address that its answer leads to.
    pub(crate) async fn location_of(&mut self, path: &str, form: &[(&str, &str)]) -> String {
        let answer = self.send(Method::POST, path, form, "text/html").await;
        let location = answer.headers().get(LOCATION).expect("a redirect");
        location.to_str().unwrap().to_owned()
    }

    /// Sends a form. Returns the status of the answer, before any redirect.
    pub(crate) async fn status_of(&mut self, path: &str, form: &[(&str, &str)]) -> StatusCode {
        let answer = self.send(Method::POST, path, form, "text/html").await;
        answer.status()
    }

    /// Opens a page. Returns the headers of its answer, before any redirect.
    pub(crate) async fn headers_of(&mut self, path: &str) -> HeaderMap {
        let answer = self.send(Method::GET, path, &[], "text/html").await;
        answer.headers().clone()
    }

    async fn go(&mut self, mut method: Method, path: &str, mut form: &[(&str, &str)]) -> Page {
        let mut path = path.to_owned();
        loop {
            let response = self.send(method, &path, form, "text/html").await;
            let Some(location) = response.headers().get(LOCATION) else {
                let status = response.status();
                return Page {
                    status,
                    address: path.clone(),
                    path: without_key(&path),
                    body: response.text().await.unwrap(),
                };
            };
            let location = location.to_str().unwrap();
            path = self.path_of(location).to_owned();
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
        let mut request = self.request(method.clone(), path).header(ACCEPT, accept);
        if method == Method::POST {
            request = request.form(form);
        }
        let response = request.send().await.unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() || !self.has_cookies {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }
}

fn without_key(address: &str) -> String {
    let Some((path, query)) = address.split_once('?') else {
        return address.to_owned();
    };
    let rest: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.starts_with("kept="))
        .collect();
    match rest.as_slice() {
        [] => path.to_owned(),
        rest => format!("{path}?{}", rest.join("&")),
    }
}

impl Page {
    /// The page without the key of its address, which differs each time.
    pub(crate) fn body_without_key(&self) -> String {
        let key = self.address.split_once("kept=").map(|(_, key)| key);
        key.map_or_else(|| self.body.clone(), |key| self.body.replace(key, ""))
    }

    /// Returns whether it says this.
    pub(crate) fn says(&self, words: &str) -> bool {
        self.body.contains(words)
    }

    /// The error beside a field; empty without one.
    pub(crate) fn problem(&self, field: &str) -> &str {
        let Some((_, line)) = self.body.split_once(&format!("id=\"{field}-error\"")) else {
            return "";
        };
        let text = line
            .split_once('>')
            .and_then(|(_, text)| text.split_once("</p>"));
        text.expect("a line").0
    }

    /// The value in a field.
    pub(crate) fn value(&self, field: &str) -> &str {
        self.between(&format!("name=\"{field}\" value=\""), "\"")
    }

    /// The current step of the stepper.
    pub(crate) fn step(&self) -> &str {
        self.between("aria-current=\"step\">", "</li>")
    }

    /// The first address in the page that begins with this.
    pub(crate) fn link(&self, begin: &str) -> String {
        let rest = self.between(&format!("=\"{begin}"), "\"");
        format!("{begin}{rest}")
    }

    /// The code in the last message to this phone, on the developer's page.
    pub(crate) fn code_sent_to(&self, phone: &str) -> String {
        let row = self.body.split("<tr>").find(|row| row.contains(phone));
        let text = row.expect("a message to this phone").split("<td>").last();
        let parts = text.unwrap().split(|letter: char| !letter.is_ascii_digit());
        let code = parts.into_iter().find(|digits| digits.len() == 6);
        code.expect("a code in the message").to_owned()
    }

    /// The text between two others.
    pub(crate) fn between(&self, before: &str, after: &str) -> &str {
        let found = self.body.split_once(before);
        let (_, rest) = found.unwrap_or_else(|| panic!("no {before} in {self:?}"));
        rest.split_once(after).unwrap().0
    }
}
