//! A printed form that is drawn here with plain PDF operators, so that reading doesn't depend on the
//! look of one template: text, ruled tables, four codes a page, seal boxes on the last page.

use std::fmt::Write as _;

use casebind_paper::code::{CodeKey, Corner, PageCode};
use casebind_paper::layout::{BoxPlace, CodePlace, Layout, PageLayout};
use casebind_paper::reference::{CaseReference, Revision};

use super::Dice;
use super::pdf;

/// A printed form and where things lie on it.
#[derive(Clone, Debug)]
pub struct PrintedForm {
    /// The PDF.
    pub pdf: Vec<u8>,
    /// Codes and boxes.
    pub layout: Layout,
}

const WIDTH: f64 = 210.0;
const HEIGHT: f64 = 297.0;
const CODE_SIDE: f64 = 18.0;
const CODE_EDGE: f64 = 12.0;
const POINTS: f64 = 72.0 / 25.4;

/// What the printed code of a synthetic form says.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The name of the case.
    pub case: String,
    /// The revision.
    pub revision: i64,
    /// How many pages.
    pub pages: u8,
    /// The key.
    pub key: CodeKey,
    /// Whether codes are printed at all.
    pub codes: bool,
}

impl Recipe {
    /// Two pages of revision 1 for `case` under a test key.
    pub fn new(case: &str) -> Self {
        Self { case: case.into(), revision: 1, pages: 2, key: CodeKey::from_bytes([7; 32]), codes: true }
    }

    /// Another revision.
    pub fn revision(mut self, revision: i64) -> Self {
        self.revision = revision;
        self
    }

    /// The case's reference on paper.
    pub fn reference(&self) -> CaseReference {
        CaseReference::standing_for(&self.case)
    }

    /// Draws the form.
    pub fn print(&self) -> PrintedForm {
        let pages: Vec<(String, PageLayout)> = (1..=self.pages).map(|page| self.page(page)).collect();
        let layout = Layout {
            case: self.case.clone(),
            revision: u16::try_from(self.revision).expect("a revision"),
            template: "synthetic".into(),
            pages: pages.iter().map(|(_, layout)| layout.clone()).collect(),
        };
        let contents: Vec<String> = pages.into_iter().map(|(content, _)| content).collect();
        PrintedForm { pdf: pdf::drawn(&contents, WIDTH * POINTS, HEIGHT * POINTS), layout }
    }

    fn page(&self, page: u8) -> (String, PageLayout) {
        let mut pen = Pen { out: String::from("0 g 0 G\n") };
        let mut dice = Dice::new(u64::from(page) * 77 + 5);
        pen.text(70.0, 24.0, 18.0, "APPLICATION FORM");
        pen.text(
            70.0,
            32.0,
            9.0,
            &format!("case {} revision {} page {page} of {}", self.case, self.revision, self.pages),
        );
        for row in 0..12 {
            let y = 46.0 + f64::from(row) * 13.0;
            pen.frame(20.0, y, 170.0, 13.0, 0.2);
            pen.frame(20.0, y, 38.0, 13.0, 0.2);
            pen.text(
                23.0,
                y + 8.0,
                10.0,
                ["School", "Applicant", "Telephone", "Problem", "Needs", "Remarks"][row as usize % 6],
            );
            let words: String = (0..dice.between(2.0, 9.0) as usize)
                .map(|_| {
                    ["support ", "family ", "class ", "attendance ", "meeting ", "0912345678 "]
                        [(dice.bits() % 6) as usize]
                })
                .collect();
            pen.text(61.0, y + 8.0, 10.0, &words);
        }
        let mut boxes = Vec::new();
        if page == self.pages {
            for (at, (id, label)) in
                [("handler", "承辦人"), ("director", "輔導主任"), ("principal", "校長")].iter().enumerate()
            {
                let x = 21.0 + at as f64 * 59.0;
                pen.text(x + 2.0, 209.0, 9.0, id);
                pen.frame(x, 211.0, 50.0, 34.0, 0.3);
                boxes.push(BoxPlace {
                    id: (*id).into(),
                    label: (*label).into(),
                    x_mm: x,
                    y_mm: 211.0,
                    w_mm: 50.0,
                    h_mm: 34.0,
                });
            }
        }
        let codes = if self.codes { self.codes(page, &mut pen) } else { Vec::new() };
        (pen.out, PageLayout { page, width_mm: WIDTH, height_mm: HEIGHT, codes, boxes })
    }

    fn codes(&self, page: u8, pen: &mut Pen) -> Vec<CodePlace> {
        let (right, bottom) = (WIDTH - CODE_EDGE - CODE_SIDE, HEIGHT - CODE_EDGE - CODE_SIDE);
        let place = |corner| match corner {
            Corner::TopLeft => (CODE_EDGE, CODE_EDGE),
            Corner::TopRight => (right, CODE_EDGE),
            Corner::BottomLeft => (CODE_EDGE, bottom),
            Corner::BottomRight => (right, bottom),
        };
        let revision = Revision::try_from(self.revision).expect("a revision");
        let print = |corner| {
            let code = PageCode { reference: self.reference(), revision, page, pages: self.pages, corner };
            let text = code.digits(&self.key);
            let (x_mm, y_mm) = place(corner);
            pen.qr(x_mm, y_mm, CODE_SIDE, &text);
            CodePlace { text, x_mm, y_mm, size_mm: CODE_SIDE }
        };
        Corner::ALL.map(print).into()
    }
}

/// Writes PDF operators; millimetres from the top left.
struct Pen {
    out: String,
}

impl Pen {
    fn text(&mut self, x: f64, y: f64, size: f64, text: &str) {
        let ascii: String = text.chars().filter(char::is_ascii).collect();
        let _ = writeln!(
            self.out,
            "BT /F1 {size} Tf {} {} Td ({ascii}) Tj ET",
            x * POINTS,
            (HEIGHT - y) * POINTS
        );
    }

    fn frame(&mut self, x: f64, y: f64, width: f64, height: f64, line: f64) {
        let (x, y, w, h) = (x * POINTS, (HEIGHT - y - height) * POINTS, width * POINTS, height * POINTS);
        let _ = writeln!(self.out, "{} w {x} {y} {w} {h} re S", line * POINTS);
    }

    fn qr(&mut self, x: f64, y: f64, side: f64, digits: &str) {
        let code = qrcode::QrCode::with_version(digits, qrcode::Version::Normal(2), qrcode::EcLevel::Q)
            .expect("48 digits fit");
        let module = side / code.width() as f64;
        for (at, colour) in code.to_colors().into_iter().enumerate() {
            if colour == qrcode::Color::Dark {
                let (column, row) = ((at % code.width()) as f64, (at / code.width()) as f64);
                let left = (x + column * module) * POINTS;
                let foot = (HEIGHT - y - (row + 1.0) * module) * POINTS;
                let _ = write!(self.out, "{left} {foot} {0} {0} re ", module * POINTS);
            }
        }
        self.out.push_str("f\n");
    }
}
