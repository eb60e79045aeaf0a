//! Small things that many pages show: links, actions, badges, digests, papers, refusals.
//!
//! Each knows its own markup and is safe to put into a page as it is. No rules here: who may press
//! what was decided before a page is filled.

use askama::Template;
use askama::filters::HtmlSafe;

use super::words::{self, Moment};

/// A link in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The words.
    pub label: String,
    /// Where it leads.
    pub href: String,
}

/// How a message sounds. Colour only supports: each has a mark of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Done: a tick.
    Good,
    /// Worth knowing.
    Plain,
    /// Wants the reader to do something.
    Attention,
    /// Refused, or failed.
    Bad,
}

impl Tone {
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Plain => "plain",
            Self::Attention => "attention",
            Self::Bad => "bad",
        }
    }
}

/// What a state looks like beside its word: each has a shape of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// 暫存: a dashed outline.
    Draft,
    /// 核章: the seal.
    Seal,
    /// 送件, 未核閱: waiting for someone else.
    Waiting,
    /// 補件, 需補件, stale: waiting for the reader.
    Attention,
    /// 收件, 服務中: under way.
    Going,
    /// 結案, 已核閱: done.
    Done,
    /// 不開案, 撤案, 已刪除: ended.
    Ended,
}

impl Look {
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Seal => "seal",
            Self::Waiting => "waiting",
            Self::Attention => "attention",
            Self::Going => "going",
            Self::Done => "done",
            Self::Ended => "ended",
        }
    }
}

/// A state in a word, with its shape.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(source = r#"<span class="badge badge--{{ look.class() }}">{{ label }}</span>"#, ext = "html")]
pub struct Badge {
    /// The word, such as 核章.
    pub label: String,
    /// The shape.
    pub look: Look,
}

impl HtmlSafe for Badge {}

impl Badge {
    /// A badge.
    #[must_use]
    pub fn new(label: impl Into<String>, look: Look) -> Self {
        Self { label: label.into(), look }
    }
}

/// A moment as `<time>`, absolute with the relative beside it.
#[derive(Clone, Debug, Template)]
#[template(
    source = r#"<time datetime="{{ at.iso }}">{{ at.text }}{% if !at.relative.is_empty() %}<span class="ago">（{{ at.relative }}）</span>{% endif %}</time>"#,
    ext = "html"
)]
pub struct When<'a> {
    at: &'a Moment,
}

impl HtmlSafe for When<'_> {}

/// The day alone as `<time>`; the hour is in its title.
#[derive(Clone, Debug, Template)]
#[template(
    source = r#"<time datetime="{{ at.iso }}" title="{{ at.text }}">{{ at.day }}</time>"#,
    ext = "html"
)]
pub struct Day<'a> {
    at: &'a Moment,
}

impl HtmlSafe for Day<'_> {}

impl Moment {
    pub(crate) fn long(&self) -> When<'_> {
        When { at: self }
    }

    pub(crate) fn short(&self) -> Day<'_> {
        Day { at: self }
    }
}

/// A digest or part of one, in groups of four; selecting it copies the digits without gaps.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(
    source = r#"<code class="digest{% if hex.len() > 16 %} digest--whole{% endif %}">{% for group in self.groups() %}<span>{{ group }}</span>{% endfor %}</code>"#,
    ext = "html"
)]
pub struct DigestText {
    /// Lower-case hex digits: 12 in lists, 64 where the whole is wanted.
    pub hex: String,
}

impl HtmlSafe for DigestText {}

impl DigestText {
    /// These hex digits.
    #[must_use]
    pub fn new(hex: impl Into<String>) -> Self {
        Self { hex: hex.into() }
    }

    /// The first 12 digits.
    #[must_use]
    pub fn first(&self) -> Self {
        Self { hex: self.hex.chars().take(12).collect() }
    }

    fn groups(&self) -> Vec<&str> {
        words::groups_of_four(&self.hex)
    }
}

/// A case number in its two parts.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(
    source = r#"{% let (year, running) = crate::web::pages::words::number_parts(digits) %}<span class="number"><span>{{ year }}</span><span>{{ running }}</span></span>"#,
    ext = "html"
)]
pub struct CaseNumberText {
    /// The ten digits.
    pub digits: String,
}

impl HtmlSafe for CaseNumberText {}

impl CaseNumberText {
    /// These ten digits.
    #[must_use]
    pub fn new(digits: impl Into<String>) -> Self {
        Self { digits: digits.into() }
    }
}

/// How an action is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Go {
    /// Opens a page.
    Open(String),
    /// Posts a small form with these hidden fields.
    Post {
        /// The form's address.
        action: String,
        /// Names and values of its hidden fields.
        hidden: Vec<(String, String)>,
        /// Whether the answer opens in a new tab (a PDF).
        new_tab: bool,
    },
}

/// How much an action weighs on the page: one primary at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The next thing to do.
    Primary,
    /// Another thing to do.
    Plain,
    /// A thing that destroys or ends something.
    Danger,
}

/// Something that the reader can do, as a button or a link that looks like one.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(path = "parts/action.html")]
pub struct Action {
    /// The words, such as 列印申請單.
    pub label: String,
    /// How it is carried out.
    pub go: Go,
    /// How much it weighs.
    pub weight: Weight,
}

impl HtmlSafe for Action {}

impl Action {
    /// An action that opens a page.
    #[must_use]
    pub fn open(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), go: Go::Open(href.into()), weight: Weight::Plain }
    }

    /// An action that posts hidden fields.
    #[must_use]
    pub fn post(label: impl Into<String>, action: impl Into<String>, hidden: &[(&str, &str)]) -> Self {
        let hidden = hidden.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let go = Go::Post { action: action.into(), hidden, new_tab: false };
        Self { label: label.into(), go, weight: Weight::Plain }
    }

    /// The same action, its answer in a new tab.
    #[must_use]
    pub fn in_new_tab(mut self) -> Self {
        if let Go::Post { new_tab, .. } = &mut self.go {
            *new_tab = true;
        }
        self
    }

    /// The same action with this weight.
    #[must_use]
    pub fn weighing(mut self, weight: Weight) -> Self {
        self.weight = weight;
        self
    }

    fn class(&self) -> &'static str {
        match self.weight {
            Weight::Primary => "button button--primary",
            Weight::Plain => "button",
            Weight::Danger => "button button--danger",
        }
    }
}

/// The 「...」 menu of a card.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/menu.html")]
pub struct Menu {
    /// Whose menu it is, for screen readers: 王小明的選單.
    pub label: String,
    /// Its entries, in order.
    pub entries: Vec<Action>,
}

impl HtmlSafe for Menu {}

/// A label and its value in a list of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The label, in the manual's words.
    pub label: String,
    /// The value; empty shows as 未填.
    pub value: String,
}

impl Fact {
    /// A label and its value.
    #[must_use]
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into() }
    }
}

/// A field that changed between two versions of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The field's label.
    pub label: String,
    /// What stood there before; `None` where it isn't shown.
    pub before: Option<String>,
    /// What stands there now; `None` where it isn't shown.
    pub after: Option<String>,
}

/// One row of the flow 流程.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/flow_row.html")]
pub struct FlowRow {
    /// When it happened.
    pub when: Moment,
    /// Who did it.
    pub who: String,
    /// What it was, such as 送件 or 編輯：新增檢附資料.
    pub label: String,
    /// The shape of that word.
    pub look: Look,
    /// What was said with it.
    pub reason: Option<String>,
    /// What that is: 原因, 補件說明, or 結案原因.
    pub reason_word: &'static str,
    /// The documents it concerned.
    pub documents: Vec<FlowDocument>,
    /// Its receipt, where it has one.
    pub receipt: Option<String>,
}

impl HtmlSafe for FlowRow {}

/// A document that a flow row names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowDocument {
    /// Such as 申請單第 2 版 or 簽核申請單.
    pub label: String,
    /// The first 12 digits of its SHA-256.
    pub digest: DigestText,
    /// Where it opens, when the reader may see it.
    pub href: Option<String>,
}

/// What a machine or a person found, in words.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(source = r#"<span class="verdict verdict--{{ tone.class() }}">{{ words }}</span>"#, ext = "html")]
pub struct Verdict {
    /// How it sounds.
    pub tone: Tone,
    /// The words, such as 已辨識第 1 頁.
    pub words: String,
}

impl HtmlSafe for Verdict {}

impl Verdict {
    /// A verdict.
    #[must_use]
    pub fn new(tone: Tone, words: impl Into<String>) -> Self {
        Self { tone, words: words.into() }
    }
}

/// Links to the pages before and after, by key (never by page number).
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(path = "parts/pager.html")]
pub struct Pager {
    /// The address of 上一頁.
    pub previous: Option<String>,
    /// The address of 下一頁.
    pub next: Option<String>,
}

impl HtmlSafe for Pager {}
