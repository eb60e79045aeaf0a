//! What a form.typ says without running it: which fields it names, and where it places boxes.

use std::collections::BTreeMap;

use typst::syntax::ast::{self, AstNode as _, Expr};
use typst::syntax::{Source, Span, SyntaxNode};

use crate::forms::templates::{Template, line_in};

/// A field that a template names.
pub(super) struct Use {
    /// `content` or `subject`.
    pub(super) part: &'static str,
    /// The field's id.
    pub(super) id: String,
    /// The file in the template's folder.
    pub(super) file: String,
    /// The line.
    pub(super) line: Option<usize>,
}

/// What typst can do with a dictionary: no fields.
const METHODS: [&str; 5] = ["at", "keys", "values", "pairs", "len"];

/// A file and a line.
pub(super) type Place = (String, Option<usize>);

/// What a template's own sources say.
#[derive(Default)]
pub(super) struct Reading {
    /// The fields that it names, in their order.
    pub(super) uses: Vec<Use>,
    /// Headings whose fields it prints all together.
    pub(super) sections: Vec<(String, Place)>,
    seal_boxes: BTreeMap<String, Place>,
    seal_row: Option<Place>,
    paper: Option<Place>,
}

impl Reading {
    /// Reads the template's own sources, the shared base not.
    pub(super) fn of(template: &Template) -> Self {
        let mut reading = Self::default();
        for source in template.files.sources.values() {
            if let Some(file) = own_file(template, source) {
                visit(source.root(), &mut |node| reading.node(node, source, &file));
            }
        }
        reading
    }

    /// Where a seal box is placed; else where the row of them is, or the paper.
    pub(super) fn seal_box(&self, id: &str) -> Place {
        self.seal_boxes.get(id).or(self.seal_row.as_ref()).cloned().unwrap_or_else(|| self.paper())
    }

    /// Where the paper is set up, with its codes.
    pub(super) fn paper(&self) -> Place {
        self.paper.clone().unwrap_or_else(|| ("form.typ".into(), None))
    }

    fn node(&mut self, node: &SyntaxNode, source: &Source, file: &str) {
        let place = |span: Span| (file.to_owned(), line_in(source, span));
        if let Some(access) = ast::FieldAccess::from_untyped(node)
            && let Some(part) = part_of(access.target())
            && !METHODS.contains(&access.field().as_str())
        {
            self.names(part, access.field().as_str(), place(node.span()));
        } else if let Some(call) = ast::FuncCall::from_untyped(node) {
            self.call(call, &place);
        } else if let Some(rule) = ast::SetRule::from_untyped(node) {
            // The codes lie on the page's background: who sets the page anew moves or loses them.
            if matches!(rule.target(), Expr::Ident(name) if name.as_str() == "page") {
                self.paper = Some(place(node.span()));
            }
        } else if ast::ShowRule::from_untyped(node).is_some() && self.paper.is_none() {
            self.paper = Some(place(node.span()));
        }
    }

    fn call(&mut self, call: ast::FuncCall<'_>, place: &dyn Fn(Span) -> Place) {
        let mut texts = call.args().items().filter_map(|arg| match arg {
            ast::Arg::Pos(Expr::Str(text)) => Some((text.get().to_string(), place(text.span()))),
            _ => None,
        });
        match call.callee() {
            Expr::Ident(name) => match name.as_str() {
                "content-field" | "spec-of" => {
                    for (id, at) in texts.by_ref().take(1) {
                        self.names("content", &id, at);
                    }
                }
                "content-section" => {
                    let Some((heading, at)) = texts.next() else { return };
                    if call.args().items().count() == 1 {
                        self.sections.push((heading, at));
                    }
                    texts.for_each(|(id, at)| self.names("content", &id, at));
                }
                "seal-box" => {
                    for (id, at) in texts.by_ref().take(1) {
                        self.seal_boxes.insert(id, at);
                    }
                }
                "seal-row" => self.seal_row = Some(place(call.span())),
                _ => {}
            },
            Expr::FieldAccess(access) if access.field().as_str() == "at" => {
                if let Some(part) = part_of(access.target()) {
                    for (id, at) in texts.by_ref().take(1) {
                        self.names(part, &id, at);
                    }
                }
            }
            _ => {}
        }
    }

    fn names(&mut self, part: &'static str, id: &str, (file, line): Place) {
        self.uses.push(Use { part, id: id.to_owned(), file, line });
    }
}

/// The name of a source in the template's own folder.
pub(super) fn own_file(template: &Template, source: &Source) -> Option<String> {
    let id = source.id();
    let path = id.vpath().get_without_slash();
    Some(path.strip_prefix(&template.spec.id)?.strip_prefix('/')?.to_owned())
}

/// Which part of the record `record.content` or `record.subject` is.
fn part_of(expr: Expr<'_>) -> Option<&'static str> {
    let Expr::FieldAccess(access) = expr else { return None };
    if !matches!(access.target(), Expr::Ident(name) if name.as_str() == "record") {
        return None;
    }
    ["content", "subject"].into_iter().find(|part| access.field().as_str() == *part)
}

fn visit(node: &SyntaxNode, see: &mut dyn FnMut(&SyntaxNode)) {
    see(node);
    node.children().for_each(|child| visit(child, see));
}
