//! A long PDF without its pictures: the first of the two times that a stack comes in.
//!
//! Nearly all of a stack is pictures, and none of them is needed to tell how it is built. While the file comes in, what
//! looks like the bytes of a picture is passed over: zeros stand in its place, which take no memory. Whether each gap
//! lies in a picture indeed is told by the parser afterwards ([`super::parsed`]); where one doesn't, the file is read
//! whole. That nothing hides in the gaps is no matter here: who takes a file in has checked all of it before.

use std::io::{self, Read};
use std::ops::Range;

use memchr::memmem;
#[cfg(target_os = "linux")]
use memmap2::Advice;
use memmap2::MmapMut;

/// How much is read at once. So much of each picture is kept, too.
const PIECE: usize = 16 * 1024;
/// How far before its stream a picture says what it is.
const DICTIONARY: usize = 4096;
const BEGIN: &[u8] = b"stream";
const END: &[u8] = b"endstream";
/// Where the line ends before the end of a stream: that is no longer the picture.
const LINE_END: usize = 2;

/// The bytes of a file from one end to the other, with zeros in the gaps.
pub(super) struct Skeleton {
    /// As many as the file has.
    pub bytes: MmapMut,
    /// What was passed over, in order.
    pub gaps: Vec<Range<usize>>,
}

impl Skeleton {
    /// Reads the `length` bytes of a file.
    ///
    /// # Errors
    /// When they don't come, or there is no room for as many.
    pub(super) fn read(input: &mut impl Read, length: usize) -> io::Result<Self> {
        // Zeros: the system hands out memory for what is written there, in small pages so that gaps have none. The
        // child's own memory lies in huge ones.
        let bytes = MmapMut::map_anon(length.max(1))?;
        #[cfg(target_os = "linux")]
        // A kernel without huge pages has nothing to be told.
        let _ = bytes.advise(Advice::NoHugePage);
        let mut reading = Reading { input, bytes, at: 0, gaps: Vec::new() };
        let mut looked = 0;
        while reading.at < length {
            reading.keep()?;
            looked = reading.look(looked)?;
        }
        Ok(Self { bytes: reading.bytes, gaps: reading.gaps })
    }
}

struct Reading<'r, R> {
    input: &'r mut R,
    bytes: MmapMut,
    /// How much has come in.
    at: usize,
    gaps: Vec<Range<usize>>,
}

impl<R: Read> Reading<'_, R> {
    /// Takes in the next piece.
    fn keep(&mut self) -> io::Result<()> {
        let end = self.bytes.len().min(self.at + PIECE);
        self.input.read_exact(&mut self.bytes[self.at..end])?;
        self.at = end;
        Ok(())
    }

    /// Looks for pictures from `from` on in what has come in, and passes over the rest of the last one. Returns how far it
    /// has looked.
    fn look(&mut self, mut from: usize) -> io::Result<usize> {
        while let Some(found) = memmem::find(&self.bytes[from..self.at], BEGIN) {
            let word = from + found;
            // What came before the last such word is no part of this dictionary.
            let before = from.max(word.saturating_sub(DICTIONARY));
            from = word + BEGIN.len();
            if !is_picture(&self.bytes[before..word]) {
                continue;
            }
            match memmem::find(&self.bytes[from..self.at], END) {
                Some(end) => from += end + END.len(),
                None => from = self.pass_over()?,
            }
        }
        // The word may have come in part.
        Ok(from.max(self.at.saturating_sub(BEGIN.len() - 1)))
    }

    /// Passes over what comes in, up to the end of a stream. Returns where that is; without one, the end of the file.
    fn pass_over(&mut self) -> io::Result<usize> {
        let begin = self.at;
        // The end may have come in part: what was last is looked at again.
        let seen = begin - (END.len() + LINE_END).min(begin);
        let mut piece = self.bytes[seen..begin].to_vec();
        loop {
            let fresh = piece.len();
            let more = PIECE.min(self.bytes.len() - self.at);
            if more == 0 {
                // No end: the gap belongs to no picture, which the parser will find.
                self.gaps.push(begin..self.at);
                return Ok(self.at);
            }
            piece.resize(fresh + more, 0);
            self.input.read_exact(&mut piece[fresh..])?;
            self.at += more;
            if let Some(found) = memmem::find(&piece, END) {
                let end = self.at - piece.len() + found;
                let rest = (end - LINE_END.min(end)).max(begin);
                self.bytes[rest..self.at].copy_from_slice(&piece[piece.len() - (self.at - rest)..]);
                if rest > begin {
                    self.gaps.push(begin..rest);
                }
                return Ok(end + END.len());
            }
            piece.drain(..piece.len() - (END.len() + LINE_END).min(piece.len()));
        }
    }
}

/// Whether the stream behind these bytes is a picture, by its dictionary in them.
fn is_picture(before: &[u8]) -> bool {
    let Some(object) = memmem::rfind(before, b"obj") else { return false };
    let dictionary = &before[object..];
    let says = |word: &[u8]| memmem::find(dictionary, word).is_some();
    !before.ends_with(b"end") && says(b"/Image") && !says(b"/ObjStm") && !says(b"/XRef")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(bytes: &[u8]) -> Vec<u8> {
        let head = b"5 0 obj\n<</Subtype/Image/Length 9>>\nstream\n".as_slice();
        [head, bytes, b"\nendstream\nendobj\n"].concat()
    }

    fn read(file: &[u8]) -> Skeleton {
        Skeleton::read(&mut &file[..], file.len()).expect("there")
    }

    /// Whether all but the gaps is there, and the gaps are zeros.
    fn is_of(skeleton: &Skeleton, file: &[u8]) -> bool {
        let mut expected = file.to_vec();
        for gap in &skeleton.gaps {
            expected[gap.clone()].fill(0);
        }
        skeleton.bytes[..] == expected
    }

    #[test]
    fn pictures_are_passed_over_and_all_else_is_kept() {
        let long = [7; 5 * PIECE];
        let text = format!("4 0 obj\n<<>>\nstream\n{}\nendstream\nendobj\n", "text ".repeat(PIECE));
        let file = [picture(&long), text.into_bytes(), picture(b"short"), picture(&long)].concat();
        let skeleton = read(&file);
        assert!(is_of(&skeleton, &file));
        assert_eq!(skeleton.gaps.len(), 2);
        let kept = file.len() - skeleton.gaps.iter().map(Range::len).sum::<usize>();
        assert!(kept < 5 * PIECE + 4 * PIECE, "{kept} bytes of {} were kept", file.len());
    }

    #[test]
    fn an_end_is_found_wherever_pieces_part() {
        for length in 2 * PIECE - 60..2 * PIECE + 20 {
            let file = [picture(&vec![9; length]), picture(&[3; 3 * PIECE])].concat();
            let skeleton = read(&file);
            assert!(is_of(&skeleton, &file), "{length}");
            let end = memmem::find(&file, END).expect("there");
            assert!(skeleton.gaps.iter().all(|gap| gap.end < end || gap.start > end), "{length}");
            let after = file.len() - skeleton.gaps.last().map_or(0, |gap| gap.end);
            assert!(
                after <= LINE_END + b"endstream\nendobj\n".len(),
                "{length}: {after} bytes behind the last gap"
            );
        }
    }

    #[test]
    fn a_picture_without_an_end_is_one_gap_and_a_file_that_ends_early_is_an_error() {
        let file = &picture(&[7; 5 * PIECE])[..4 * PIECE];
        let skeleton = read(file);
        assert!(is_of(&skeleton, file));
        assert_eq!(skeleton.gaps.last().map(|gap| gap.end), Some(file.len()));
        assert!(Skeleton::read(&mut &file[..], file.len() + 1).is_err());
    }
}
