//! The sound of a captcha: digits spoken in Mandarin, each a little faster or slower and louder or softer, with
//! pauses of different lengths, over noise.
//!
//! The nine recordings in `digits/` were made with eSpeak NG 1.51 (`espeak-ng -v cmn -s 120`), trimmed and brought
//! to 11,025 samples of 8 bits a second.

use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};

/// Samples a second.
const RATE: u32 = 11_025;
/// Bytes of the head of each recording.
const HEAD: usize = 44;
/// The level of silence.
const MIDDLE: f32 = 128.0;

/// From 1 to 9.
const DIGITS: [&[u8]; 9] = [
    include_bytes!("digits/1.wav"),
    include_bytes!("digits/2.wav"),
    include_bytes!("digits/3.wav"),
    include_bytes!("digits/4.wav"),
    include_bytes!("digits/5.wav"),
    include_bytes!("digits/6.wav"),
    include_bytes!("digits/7.wav"),
    include_bytes!("digits/8.wav"),
    include_bytes!("digits/9.wav"),
];

/// These digits, spoken; another seed speaks them otherwise.
pub(super) fn wav(digits: &str, seed: u64) -> Vec<u8> {
    let mut dice = SmallRng::seed_from_u64(seed);
    let mut samples = Vec::new();
    let pause = |samples: &mut Vec<f32>, dice: &mut SmallRng| {
        let length = dice.random_range(RATE * 3 / 10..RATE * 6 / 10);
        samples.extend(std::iter::repeat_n(0.0, length as usize));
    };
    pause(&mut samples, &mut dice);
    for digit in digits.bytes() {
        let Some(recording) = DIGITS.get(usize::from(digit.wrapping_sub(b'1'))) else { continue };
        say(recording, &mut samples, &mut dice);
        pause(&mut samples, &mut dice);
    }
    let noise = dice.random_range(5.0_f32..9.0);
    let bytes: Vec<u8> = samples
        .iter()
        .map(|level| (MIDDLE + level + dice.random_range(-noise..noise)).clamp(0.0, 255.0) as u8)
        .collect();
    with_head(&bytes)
}

/// One recording at a tempo and a loudness of its own.
fn say(recording: &[u8], samples: &mut Vec<f32>, dice: &mut SmallRng) {
    let spoken = &recording[HEAD..];
    let (tempo, loudness) = (dice.random_range(0.9_f32..1.12), dice.random_range(0.75_f32..1.0));
    let level = |at: usize| spoken.get(at).map_or(0.0, |byte| f32::from(*byte) - MIDDLE);
    let mut at = 0.0_f32;
    while (at as usize) < spoken.len() {
        let (before, part) = (at as usize, at.fract());
        samples.push((level(before) * (1.0 - part) + level(before + 1) * part) * loudness);
        at += tempo;
    }
}

/// The samples as a file: one channel of eight bits.
fn with_head(samples: &[u8]) -> Vec<u8> {
    let length = u32::try_from(samples.len()).unwrap_or(u32::MAX);
    let mut file = Vec::with_capacity(HEAD + samples.len());
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&length.saturating_add(36).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16_u32.to_le_bytes());
    file.extend_from_slice(&1_u16.to_le_bytes());
    file.extend_from_slice(&1_u16.to_le_bytes());
    file.extend_from_slice(&RATE.to_le_bytes());
    file.extend_from_slice(&RATE.to_le_bytes());
    file.extend_from_slice(&1_u16.to_le_bytes());
    file.extend_from_slice(&8_u16.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&length.to_le_bytes());
    file.extend_from_slice(samples);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_are_what_the_head_says() {
        for recording in DIGITS {
            assert_eq!(&recording[..4], b"RIFF");
            assert_eq!(&recording[36..40], b"data");
            assert_eq!(recording[24..28], RATE.to_le_bytes());
            let length = u32::from_le_bytes(recording[40..44].try_into().unwrap());
            assert_eq!(recording.len() - HEAD, length as usize);
            assert!(length > RATE / 4, "a digit is long enough to be heard");
        }
    }

    #[test]
    fn the_same_digits_never_sound_the_same() {
        let (one, two) = (wav("9581", 1), wav("9581", 2));
        assert_ne!(one, two);
        assert_ne!(one.len(), two.len(), "nor last as long");
        let seconds = (one.len() - HEAD) as f32 / RATE as f32;
        assert!((2.5..7.0).contains(&seconds), "{seconds}");
        assert_eq!(wav("9581", 1), one);
        // Digits are louder than what lies between them.
        let (least, most) = one[HEAD..].iter().fold((255, 0), |(l, m), b| (l.min(*b), m.max(*b)));
        assert!(least < 60 && most > 190, "{least} {most}");
    }
}
