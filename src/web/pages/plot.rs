//! Plots as SVG made on the server: bars, lines by month, and waits. Each stands beside a table that says the same
//! in figures, so a plot has one sentence for whoever doesn't see it, and no more.
//!
//! Sizes are in units of the view box, which is as wide as a phone's column: text stays readable there and grows
//! with the page. Colours come from the style sheet by class; nothing is styled in the markup.

use askama::Template;
use askama::filters::HtmlSafe;

/// How wide every plot is, in its own units.
const WIDTH: i64 = 360;

/// Bars below one another, each with its label above it and its figure at its end.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/plot_bars.html")]
pub struct Bars {
    label: String,
    height: i64,
    bars: Vec<Bar>,
}

impl HtmlSafe for Bars {}

#[derive(Clone, Debug)]
struct Bar {
    label: String,
    figure: String,
    y: i64,
    width: i64,
    figure_x: i64,
}

impl Bars {
    const STEP: i64 = 36;
    /// Room for the figure at the end of the longest bar.
    const FIGURE: i64 = 56;

    /// Bars for these labels and counts; `label` says in a sentence what they show.
    #[must_use]
    pub fn new(label: impl Into<String>, counts: &[(String, i64)]) -> Self {
        let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
        let bars = (0..).zip(counts).map(|(at, (label, count))| {
            let width = count * (WIDTH - Self::FIGURE) / most;
            Bar {
                label: short(label),
                figure: count.to_string(),
                y: at * Self::STEP,
                width: if *count > 0 { width.max(2) } else { 0 },
                figure_x: width.max(0) + 6,
            }
        });
        let bars: Vec<_> = bars.collect();
        let height = Self::STEP * i64::try_from(bars.len()).unwrap_or(0);
        Self { label: label.into(), height, bars }
    }
}

/// A label that fits above its bar.
fn short(label: &str) -> String {
    const LONGEST: usize = 24;
    if label.chars().count() <= LONGEST {
        return label.to_owned();
    }
    let mut short: String = label.chars().take(LONGEST - 1).collect();
    short.push('…');
    short
}

/// Lines over months, up to three, each with a dash and a mark of its own.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/plot_lines.html")]
pub struct Lines {
    label: String,
    grid: Vec<Grid>,
    months: Vec<MonthLabel>,
    lines: Vec<Line>,
}

impl HtmlSafe for Lines {}

#[derive(Clone, Debug)]
struct Grid {
    y: i64,
    figure: String,
}

#[derive(Clone, Debug)]
struct MonthLabel {
    x: i64,
    text: String,
}

#[derive(Clone, Debug)]
struct Line {
    name: String,
    /// `a`, `b` or `c`: its look in the style sheet.
    class: char,
    points: String,
    marks: Vec<(i64, i64)>,
}

impl Lines {
    const LEFT: i64 = 34;
    const TOP: i64 = 12;
    const BOTTOM: i64 = 172;
    const MOST_MARKS: usize = 24;
    const MOST_LABELS: usize = 6;

    /// Lines for these months; each line has its name and a count a month.
    #[must_use]
    pub fn new(label: impl Into<String>, months: &[String], lines: &[(&str, Vec<i64>)]) -> Self {
        let most = lines.iter().flat_map(|(_, counts)| counts).copied().max().unwrap_or(0);
        let top = nice(most);
        let last = i64::try_from(months.len().saturating_sub(1)).unwrap_or(0).max(1);
        let x = |at: i64| Self::LEFT + at * (WIDTH - 10 - Self::LEFT) / last;
        let y = |count: i64| Self::BOTTOM - count * (Self::BOTTOM - Self::TOP) / top;
        let grid = [0, top / 2, top];
        let grid = grid.iter().enumerate().filter(|(at, figure)| *at == 0 || **figure > 0);
        let every = months.len().div_ceil(Self::MOST_LABELS).max(1);
        let labelled = (0..).zip(months).step_by(every);
        let drawn = "abc".chars().zip(lines).map(|(class, (name, counts))| {
            let marks: Vec<_> = (0..).zip(counts).map(|(at, count)| (x(at), y(*count))).collect();
            let points: Vec<_> = marks.iter().map(|(x, y)| format!("{x},{y}")).collect();
            Line {
                name: (*name).to_owned(),
                class,
                points: points.join(" "),
                marks: if marks.len() > Self::MOST_MARKS { Vec::new() } else { marks },
            }
        });
        Self {
            label: label.into(),
            grid: grid.map(|(_, figure)| Grid { y: y(*figure), figure: figure.to_string() }).collect(),
            months: labelled.map(|(at, text)| MonthLabel { x: x(at), text: text.clone() }).collect(),
            lines: drawn.collect(),
        }
    }
}

/// The next figure above that an axis can end with: 2, 4, 6, 8, 10, 12, 16, 20, 40 and so on.
fn nice(most: i64) -> i64 {
    let mut step = 1;
    loop {
        for times in [2, 4, 6, 8, 10, 12, 16] {
            if most <= times * step {
                return times * step;
            }
        }
        step *= 10;
    }
}

/// Waits: a bar up to the median and a line on to the ninth of ten.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/plot_waits.html")]
pub struct Waits {
    label: String,
    height: i64,
    waits: Vec<WaitBar>,
}

impl HtmlSafe for Waits {}

#[derive(Clone, Debug)]
struct WaitBar {
    label: String,
    y: i64,
    median: i64,
    most: i64,
}

impl Waits {
    const STEP: i64 = 36;

    /// Waits with label, median and ninth of ten in hours; those without any are left out.
    #[must_use]
    pub fn new(label: impl Into<String>, waits: &[(String, Option<i64>, Option<i64>)]) -> Self {
        let known: Vec<_> =
            waits.iter().filter_map(|(label, median, most)| Some((label, (*median)?, (*most)?))).collect();
        let longest = known.iter().map(|(_, _, most)| *most).max().unwrap_or(0).max(1);
        let x = |hours: i64| hours * (WIDTH - 8) / longest;
        let bars = (0..).zip(known).map(|(at, (label, median, most))| WaitBar {
            label: label.clone(),
            y: at * Self::STEP,
            median: x(median).max(1),
            most: x(most).max(1),
        });
        let waits: Vec<_> = bars.collect();
        let height = Self::STEP * i64::try_from(waits.len()).unwrap_or(0);
        Self { label: label.into(), height, waits }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_leaves_room_for_its_figure_and_the_smallest_is_seen() {
        let counts = [("多".to_owned(), 1_000_000), ("少".to_owned(), 1), ("無".to_owned(), 0)];
        let bars = Bars::new("x", &counts).bars;
        assert_eq!(bars.iter().map(|bar| bar.width).collect::<Vec<_>>(), [304, 2, 0]);
        assert_eq!(short(&"很".repeat(30)).chars().count(), 24);
        assert!(Bars::new("x", &[]).bars.is_empty());
    }

    #[test]
    fn an_axis_ends_with_a_figure_that_halves() {
        assert_eq!([0, 1, 3, 7, 11, 40, 41, 99, 101].map(nice), [2, 2, 4, 8, 12, 40, 60, 100, 120]);
    }

    #[test]
    fn lines_stay_inside_the_frame() {
        let months: Vec<String> = (1..=60).map(|month| format!("{month}")).collect();
        let plot = Lines::new("x", &months, &[("a", vec![7; 60]), ("b", (0..60).collect())]);
        assert_eq!(plot.months.len(), 6);
        assert!(plot.lines.iter().all(|line| line.marks.is_empty()), "too many marks hide the line");
        let one = Lines::new("x", &["1".into()], &[("a", vec![0])]);
        assert_eq!(one.lines[0].marks, [(Lines::LEFT, Lines::BOTTOM)]);
    }

    #[test]
    fn waits_that_nobody_had_are_left_out() {
        let waits = [("a".to_owned(), Some(10), Some(100)), ("b".to_owned(), None, None)];
        let plot = Waits::new("x", &waits);
        assert_eq!((plot.waits.len(), plot.waits[0].median, plot.waits[0].most), (1, 35, 352));
    }
}
