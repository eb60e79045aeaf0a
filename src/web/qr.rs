//! A QR code as the path of an SVG: for a link that a phone's camera reads from the screen.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// Modules of quiet ground around it (ISO/IEC 18004, 9.1).
const QUIET: usize = 4;

/// A symbol to draw: black where the path is, within a square with sides of `side` units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// The path's `d`.
    pub path: String,
    /// One side in modules, with the quiet ground.
    pub side: usize,
}

/// The symbol of a text; none where it is longer than a code can hold (2,331 bytes).
#[must_use]
pub fn symbol(text: &str) -> Option<Symbol> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (at, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            // Writing into a string can't fail.
            let _ = write!(path, "M{} {}h1v1h-1z", at % width + QUIET, at / width + QUIET);
        }
    }
    Some(Symbol { path, side: width + 2 * QUIET })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rxing::qrcode::QRCodeReader;
    use rxing::{BinaryBitmap, Luma8LuminanceSource, Reader as _, common::HybridBinarizer};

    #[test]
    fn what_is_drawn_reads_as_the_link() {
        let link = "https://casebind.example.org/phone/0Yx3nq7mV0uJc5jW2kq8aQ0Yx3nq7mV0uJc5jW2kq8aQ/open";
        let symbol = symbol(link).expect("fits");
        const SCALE: usize = 4;
        let side = symbol.side * SCALE;
        let mut luma = vec![255; side * side];
        for module in symbol.path.split('M').skip(1) {
            let (x, y) = module.split_once('h').and_then(|(at, _)| at.split_once(' ')).expect("a place");
            let (x, y): (usize, usize) = (x.parse().expect("x"), y.parse().expect("y"));
            for row in y * SCALE..(y + 1) * SCALE {
                luma[row * side + x * SCALE..row * side + (x + 1) * SCALE].fill(0);
            }
        }
        let side = u32::try_from(side).expect("small");
        let source = Luma8LuminanceSource::new(luma, side, side).expect("a square");
        let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
        let read = QRCodeReader::new().decode(&mut bitmap).expect("reads");
        assert_eq!(read.getText(), link);
        assert_eq!(super::symbol(&"x".repeat(3000)), None);
    }
}
