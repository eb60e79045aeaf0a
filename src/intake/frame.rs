//! One framed message between parent and child: a JSON header and blobs after it.
//!
//! `magic, u32 header length, u32 number of blobs, u64 length of each blob, header, blobs`, all
//! little-endian. The reader trusts no length that the bytes at hand don't bear out.

use std::io::{self, Read};

use serde::Serialize;
use serde::de::DeserializeOwned;

const MAGIC: &[u8; 8] = b"casebind";
const MOST_BLOBS: usize = 4096;

/// Bytes that aren't a whole frame.
#[derive(Debug, thiserror::Error)]
#[error("not a whole frame: {0}")]
pub(super) struct BadFrame(&'static str);

/// Writes a frame into one buffer.
pub(super) fn pack<H: Serialize>(header: &H, blobs: &[&[u8]]) -> Vec<u8> {
    let lengths: Vec<u64> = blobs.iter().map(|blob| blob.len() as u64).collect();
    let mut out = head(header, &lengths);
    out.reserve_exact(blobs.iter().map(|blob| blob.len()).sum());
    for blob in blobs {
        out.extend_from_slice(blob);
    }
    out
}

/// A frame up to its first blob, for blobs of these lengths that are sent behind it.
pub(super) fn head<H: Serialize>(header: &H, lengths: &[u64]) -> Vec<u8> {
    let header = serde_json::to_vec(header).expect("headers are plain data");
    let mut out = Vec::with_capacity(16 + header.len() + lengths.len() * 8);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&u32::try_from(header.len()).expect("headers are small").to_le_bytes());
    out.extend_from_slice(&u32::try_from(lengths.len()).expect("blobs are few").to_le_bytes());
    for length in lengths {
        out.extend_from_slice(&length.to_le_bytes());
    }
    out.extend_from_slice(&header);
    out
}

/// Reads a frame of at most `most` bytes, which the end of the input must follow. Each blob comes into a buffer of
/// its own size, so that a long file stands in memory once.
#[cfg(test)]
pub(super) fn read<H: Serialize + DeserializeOwned>(
    input: &mut impl Read,
    most: u64,
) -> io::Result<(H, Vec<Vec<u8>>)> {
    let Begun { header, lengths } = Begun::read(input, most)?;
    let within = most.saturating_sub(head(&header, &lengths).len() as u64);
    Ok((header, blobs(input, &lengths, within)?))
}

/// A frame up to its first blob.
pub(super) struct Begun<H> {
    pub header: H,
    /// How long each blob is that follows.
    pub lengths: Vec<u64>,
}

impl<H: DeserializeOwned> Begun<H> {
    /// Reads a frame's begin, with a header of at most `most` bytes.
    pub(super) fn read(input: &mut impl Read, most: u64) -> io::Result<Self> {
        let mut input = input.take(most);
        if part::<8>(&mut input)? != *MAGIC {
            return Err(bad("magic"));
        }
        let header_len = u32::from_le_bytes(part(&mut input)?);
        let count = u32::from_le_bytes(part(&mut input)?) as usize;
        if count > MOST_BLOBS {
            return Err(bad("too many blobs"));
        }
        let mut lengths = Vec::with_capacity(count);
        for _ in 0..count {
            lengths.push(u64::from_le_bytes(part(&mut input)?));
        }
        let header = bytes(&mut input, u64::from(header_len))?;
        Ok(Self { header: serde_json::from_slice(&header).map_err(|_| bad("header"))?, lengths })
    }
}

/// The blobs behind a frame's begin, at most so many bytes together. The end of the input must follow them.
pub(super) fn blobs(input: &mut impl Read, lengths: &[u64], most: u64) -> io::Result<Vec<Vec<u8>>> {
    let mut within = input.take(most);
    let blobs = lengths.iter().map(|length| bytes(&mut within, *length)).collect::<io::Result<_>>()?;
    ended(input)?;
    Ok(blobs)
}

/// Insists that nothing follows.
pub(super) fn ended(input: &mut impl Read) -> io::Result<()> {
    if input.take(1).read_to_end(&mut Vec::new())? > 0 { Err(bad("bytes left over")) } else { Ok(()) }
}

fn bad(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, BadFrame(what))
}

fn part<const N: usize>(input: &mut impl Read) -> io::Result<[u8; N]> {
    let mut part = [0; N];
    input.read_exact(&mut part)?;
    Ok(part)
}

fn bytes(input: &mut io::Take<impl Read>, length: u64) -> io::Result<Vec<u8>> {
    // No room is made for what can't come.
    let room = usize::try_from(length).ok().filter(|_| length <= input.limit());
    let mut bytes = Vec::with_capacity(room.ok_or(io::ErrorKind::UnexpectedEof)?);
    input.by_ref().take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Takes a frame apart. Every byte must be accounted for.
pub(super) fn unpack<H: DeserializeOwned>(bytes: &[u8]) -> Result<(H, Vec<&[u8]>), BadFrame> {
    let short = BadFrame("too short");
    let rest = bytes.strip_prefix(MAGIC).ok_or(BadFrame("magic"))?;
    let (header_len, rest) = rest.split_first_chunk::<4>().ok_or(BadFrame("too short"))?;
    let (blob_count, mut rest) = rest.split_first_chunk::<4>().ok_or(BadFrame("too short"))?;
    let count = u32::from_le_bytes(*blob_count) as usize;
    if count > MOST_BLOBS {
        return Err(BadFrame("too many blobs"));
    }
    let mut lengths = Vec::with_capacity(count);
    for _ in 0..count {
        let (length, after) = rest.split_first_chunk::<8>().ok_or(BadFrame("too short"))?;
        lengths.push(usize::try_from(u64::from_le_bytes(*length)).map_err(|_| BadFrame("length"))?);
        rest = after;
    }
    let (header, mut rest) = rest.split_at_checked(u32::from_le_bytes(*header_len) as usize).ok_or(short)?;
    let mut blobs = Vec::with_capacity(count);
    for length in lengths {
        let (blob, after) = rest.split_at_checked(length).ok_or(BadFrame("too short"))?;
        blobs.push(blob);
        rest = after;
    }
    if !rest.is_empty() {
        return Err(BadFrame("bytes left over"));
    }
    Ok((serde_json::from_slice(header).map_err(|_| BadFrame("header"))?, blobs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_reads_back_and_a_cut_one_does_not() {
        let packed = pack(&vec![1, 2, 3], &[b"one", b"", b"three"]);
        let (header, blobs) = unpack::<Vec<u8>>(&packed).expect("whole");
        assert_eq!((header, blobs), (vec![1, 2, 3], vec![b"one".as_slice(), b"", b"three"]));
        let again = |mut bytes: &[u8], most| read::<Vec<u8>>(&mut bytes, most);
        let read = again(&packed, 1000).expect("whole");
        assert_eq!(read, (vec![1, 2, 3], vec![b"one".to_vec(), Vec::new(), b"three".to_vec()]));
        for cut in 0..packed.len() {
            assert!(unpack::<Vec<u8>>(&packed[..cut]).is_err(), "cut at {cut}");
            assert!(again(&packed[..cut], 1000).is_err(), "cut at {cut}");
            assert!(again(&packed, cut as u64).is_err(), "at most {cut}");
        }
        let longer = [packed.as_slice(), b"x"].concat();
        assert!(unpack::<Vec<u8>>(&longer).is_err() && again(&longer, 1000).is_err());
    }
}
