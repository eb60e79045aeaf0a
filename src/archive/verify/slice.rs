//! Which part of the archive a check is about: digests are spread evenly, so that slices are of one size.

use std::str::FromStr;

/// A slice of the archive by the first byte of digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    first: u8,
    last: u8,
}

/// Why a text is no slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a slice is i/n with 1 <= i <= n <= 256, such as 3/30")]
pub struct NoSlice;

impl Slice {
    /// The whole archive.
    pub const ALL: Self = Self { first: 0, last: u8::MAX };

    /// The slice `number` of `of`, counted from 1. All slices together are the whole, and none overlaps another.
    ///
    /// # Errors
    /// When there is no such slice.
    pub fn new(number: u16, of: u16) -> Result<Self, NoSlice> {
        if number == 0 || number > of || of > 256 {
            return Err(NoSlice);
        }
        let edge = |number: u16| u32::from(number) * 256 / u32::from(of);
        let first = u8::try_from(edge(number - 1)).map_err(|_| NoSlice)?;
        let last = u8::try_from(edge(number) - 1).map_err(|_| NoSlice)?;
        Ok(Self { first, last })
    }

    /// The one part whose digests begin with this byte.
    #[must_use]
    pub fn part(part: u8) -> Self {
        Self { first: part, last: part }
    }

    /// The first byte of its first digest.
    #[must_use]
    pub fn first(self) -> u8 {
        self.first
    }

    /// The first byte of its last digest.
    #[must_use]
    pub fn last(self) -> u8 {
        self.last
    }
}

impl FromStr for Slice {
    type Err = NoSlice;

    fn from_str(text: &str) -> Result<Self, NoSlice> {
        let (number, of) = text.split_once('/').ok_or(NoSlice)?;
        Self::new(number.parse().map_err(|_| NoSlice)?, of.parse().map_err(|_| NoSlice)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_together_are_the_whole_and_none_is_empty() {
        for of in [1, 2, 3, 7, 90, 255, 256] {
            let mut next = 0;
            for number in 1..=of {
                let slice = Slice::new(number, of).unwrap();
                assert_eq!(u16::from(slice.first()), next, "{number}/{of}");
                assert!(slice.last() >= slice.first(), "{number}/{of}");
                next = u16::from(slice.last()) + 1;
            }
            assert_eq!(next, 256, "{of}");
        }
        assert_eq!("1/1".parse(), Ok(Slice::ALL));
    }

    #[test]
    fn what_is_no_slice_is_refused() {
        for text in ["", "1", "0/3", "4/3", "1/0", "1/257", "-1/3", "1/x", "1/2/3"] {
            assert_eq!(text.parse::<Slice>(), Err(NoSlice), "{text}");
        }
    }
}
