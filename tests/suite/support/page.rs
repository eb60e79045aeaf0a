//! An answer, and its elements by selector.

use axum::http::{HeaderMap, StatusCode, header};
use scraper::{ElementRef, Html, Selector};

/// An answer.
#[derive(Clone, Debug)]
pub struct Page {
    /// What was asked for.
    pub path: String,
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The bytes.
    pub body: Vec<u8>,
}

/// A form of a page, as a browser would send it.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where to.
    pub action: String,
    /// Whether it goes into the address.
    pub get: bool,
    /// The fields, in order.
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// With other answers in the fields of these names.
    pub fn filled(mut self, typed: &[(&str, &str)]) -> Self {
        self.fields.retain(|(name, _)| typed.iter().all(|(typed, _)| typed != name));
        self.fields.extend(typed.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        self
    }
}

impl Page {
    /// Insists on a status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}: {}", self.path, self.summary());
        self
    }

    /// Insists that the answer leads elsewhere.
    #[track_caller]
    pub fn leads_to(&self, start: &str) {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}: {}", self.path, self.summary());
        assert!(self.location().starts_with(start), "{} leads to {}", self.path, self.location());
    }

    /// The address that the answer leads to.
    #[track_caller]
    pub fn location(&self) -> &str {
        self.headers
            .get(header::LOCATION)
            .unwrap_or_else(|| panic!("{}: {}", self.path, self.summary()))
            .to_str()
            .unwrap()
    }

    /// A header, empty when it isn't there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// What the answer says of the cookie of this name.
    #[track_caller]
    pub fn set_cookie(&self, name: &str) -> &str {
        let all =
            self.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().expect("plain text"));
        let start = format!("{name}=");
        all.into_iter().find(|cookie| cookie.starts_with(&start)).expect("a cookie of this name")
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}: {}", self.path, self.html()))
    }

    /// The body as text.
    pub fn html(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The text of every element that fits, without superfluous spaces.
    pub fn all(&self, selector: &str) -> Vec<String> {
        let (document, selector) = (self.document(), Selector::parse(selector).unwrap());
        document.select(&selector).map(text).collect()
    }

    /// The text of the only element that fits.
    #[track_caller]
    pub fn one(&self, selector: &str) -> String {
        let found = self.all(selector);
        assert_eq!(found.len(), 1, "{selector} on {}: {}", self.path, self.summary());
        found.into_iter().next().unwrap()
    }

    /// Whether any element fits.
    pub fn has(&self, selector: &str) -> bool {
        !self.all(selector).is_empty()
    }

    /// An attribute of every element that fits and has it.
    pub fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let (document, selector) = (self.document(), Selector::parse(selector).unwrap());
        document.select(&selector).filter_map(|element| element.attr(name).map(str::to_owned)).collect()
    }

    /// What stands in a field now.
    #[track_caller]
    pub fn value(&self, name: &str) -> String {
        let document = self.document();
        let selector = Selector::parse(&format!("form [name='{name}']")).unwrap();
        let values: Vec<_> = document.select(&selector).filter_map(field_value).collect();
        assert!(values.len() <= 1, "{name} on {}: {values:?}", self.path);
        values.into_iter().next().unwrap_or_default()
    }

    /// The sentence next to a field that won't do; empty when it does.
    pub fn error_of(&self, field: &str) -> String {
        let found = self.all(&format!("#{field}-error, #{field}-warning > p"));
        found.into_iter().next().unwrap_or_default()
    }

    /// The labels of the buttons and of the links that look like buttons.
    pub fn buttons(&self) -> Vec<String> {
        self.all("main button:not([hidden]), main a.button")
    }

    /// The form with this button.
    #[track_caller]
    pub fn form(&self, button: &str) -> Form {
        let document = self.document();
        let forms: Vec<_> = document
            .select(&Selector::parse("form").unwrap())
            .filter(|form| {
                let mut buttons = form.select(&BUTTON);
                buttons.any(|element| text(element).starts_with(button))
            })
            .collect();
        let form = forms
            .first()
            .unwrap_or_else(|| panic!("no form with {button} on {}: {}", self.path, self.summary()));
        let id = form.attr("id");
        let outside = document.select(&FIELDS).filter(|field| id.is_some() && field.attr("form") == id);
        let fields = form.select(&FIELDS).filter(|field| field.attr("form").is_none()).chain(outside);
        Form {
            action: form.attr("action").unwrap_or(&self.path).to_owned(),
            get: form.attr("method") != Some("post"),
            fields: fields.filter_map(|f| Some((f.attr("name")?.to_owned(), field_value(f)?))).collect(),
        }
    }

    /// Where the link with this text leads.
    #[track_caller]
    pub fn link(&self, label: &str) -> String {
        let document = self.document();
        let links = Selector::parse("a[href]").unwrap();
        let found = document.select(&links).find(|link| text(*link).starts_with(label));
        let found = found.unwrap_or_else(|| panic!("no link {label} on {}: {}", self.path, self.summary()));
        found.attr("href").unwrap().to_owned()
    }

    /// What is on the page, in short, for messages.
    fn summary(&self) -> String {
        if self.header("content-type").ends_with("json") {
            return format!("{} {}", self.status, self.html());
        }
        if !self.header("content-type").starts_with("text/html") {
            return format!("{} {} bytes {}", self.status, self.body.len(), self.header("content-type"));
        }
        let words: String = self.all("main").join(" ").chars().take(600).collect();
        format!("{} {words}", self.status)
    }

    fn document(&self) -> Html {
        Html::parse_document(&self.html())
    }
}

static BUTTON: std::sync::LazyLock<Selector> =
    std::sync::LazyLock::new(|| Selector::parse("button").unwrap());
static FIELDS: std::sync::LazyLock<Selector> =
    std::sync::LazyLock::new(|| Selector::parse("input[name], textarea[name], select[name]").unwrap());

/// What a field would send; nothing when it sends nothing.
fn field_value(field: ElementRef<'_>) -> Option<String> {
    match (field.value().name(), field.attr("type")) {
        ("textarea", _) => Some(field.text().collect()),
        ("select", _) => {
            let options = Selector::parse("option").unwrap();
            let chosen = Selector::parse("option[selected]").unwrap();
            let option = field.select(&chosen).next().or_else(|| field.select(&options).next())?;
            Some(option.attr("value").map_or_else(|| text(option), str::to_owned))
        }
        (_, Some("file")) => None,
        (_, Some("radio" | "checkbox")) => {
            field.attr("checked").map(|_| field.attr("value").unwrap_or("on").to_owned())
        }
        _ => Some(field.attr("value").unwrap_or_default().to_owned()),
    }
}

fn text(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}
