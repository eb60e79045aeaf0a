//! The printed code's symbol: QR, version 2, level Q, one numeric segment. Which of its modules are dark, as the
//! printer draws it and the reader expects it.

use qrcode::bits::Bits;
use qrcode::canvas::{Canvas, MaskPattern};
use qrcode::{Color, EcLevel, Version, ec};

const VERSION: Version = Version::Normal(2);

/// Modules along one side of the symbol.
pub const MODULES: usize = 25;

/// Which modules of the symbol of `digits` (48 decimal digits) are dark, row by row.
#[must_use]
pub fn modules(digits: &str) -> Vec<bool> {
    const FITS: &str = "48 digits are the numeric capacity of version 2 level Q (ISO/IEC 18004, table 7)";
    let mut bits = Bits::new(VERSION);
    bits.push_numeric_data(digits.as_bytes()).expect(FITS);
    bits.push_terminator(EcLevel::Q).expect(FITS);
    let (data, correction) = ec::construct_codewords(&bits.into_bytes(), VERSION, EcLevel::Q).expect(FITS);
    let mut canvas = Canvas::new(VERSION, EcLevel::Q);
    canvas.draw_all_functional_patterns();
    canvas.draw_data(&data, &correction);
    // Any mask can be read. The digits are as good as random, so that none is better in general, and
    // trying all eight takes longer than all else here.
    canvas.apply_mask(MaskPattern::Checkerboard);
    canvas.into_colors().into_iter().map(|color| color == Color::Dark).collect()
}
