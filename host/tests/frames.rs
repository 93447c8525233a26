//! Frames: round trips, noise, damage, and the worked example of `docs/link.md`.

use crc::{CRC_8_SMBUS, CRC_16_IBM_3740};
use proptest::prelude::*;
use spikewright_host::*;
use spikewright_ir::{layout::bus, link::*};

fn requests(bytes: &[u8]) -> Vec<Request> {
    let mut parser = RequestParser::default();
    bytes.iter().filter_map(|&b| parser.push(b)).collect()
}

fn responses(bytes: &[u8], count: usize) -> Vec<Response> {
    let mut parser = ResponseParser::new(count);
    bytes.iter().filter_map(|&b| parser.push(b)).collect()
}

fn writes(address: u32, words: &[u16]) -> Vec<Request> {
    let word = |(i, &word): (usize, &u16)| Request::Word { address: address + i as u32, word };
    words.iter().enumerate().map(word).chain([Request::WriteEnd { sound: true }]).collect()
}

fn flip(bytes: &mut [u8], at: prop::sample::Index) {
    let bit = at.index(8 * bytes.len());
    bytes[bit / 8] ^= 1 << (bit % 8);
}

proptest! {
    #[test]
    fn requests_survive_the_wire(
        address in 0u32..1 << 20,
        words in prop::collection::vec(any::<u16>(), 1..=256),
        noise in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        // The hardware hunts for the sync byte: noise without one is passed over.
        let mut bytes: Vec<u8> = noise.into_iter().filter(|&b| b != SYNC_REQUEST).collect();
        bytes.extend(encode_write(address, &words));
        prop_assert_eq!(requests(&bytes), writes(address, &words));
        let count = words.len().min(255);
        let read = requests(&encode_read(address, count));
        prop_assert_eq!(read, vec![Request::Read { address, count }]);
    }

    #[test]
    fn responses_are_found_behind_any_noise(
        words in prop::collection::vec(any::<u16>(), 0..=255),
        noise in prop::collection::vec(any::<u8>(), 0..600),
        false_start in 0usize..3,
    ) {
        let mut bytes = noise;
        bytes.extend(&[SYNC_RESPONSE, STATUS_OK, 255][..false_start]);
        bytes.extend(encode_response(STATUS_OK, &words));
        let found = responses(&bytes, words.len());
        prop_assert_eq!(found.last(), Some(&Response { status: STATUS_OK, words }));
    }

    #[test]
    fn errors_are_found_too(status in 1u8.., noise in prop::collection::vec(any::<u8>(), 0..60)) {
        let mut bytes = noise;
        bytes.extend(encode_response(status, &[]));
        let found = responses(&bytes, 7);
        prop_assert_eq!(found.last(), Some(&Response { status, words: vec![] }));
    }

    /// One wrong bit anywhere: the header or the payload is refused, never taken.
    #[test]
    fn a_wrong_bit_in_a_request_is_noticed(
        address in 0u32..1 << 20,
        words in prop::collection::vec(any::<u16>(), 1..20),
        at: prop::sample::Index,
    ) {
        let mut bytes = encode_write(address, &words);
        flip(&mut bytes, at);
        bytes.extend([0; 540]);
        let got = requests(&bytes);
        prop_assert!(!got.contains(&Request::WriteEnd { sound: true }), "{:?}", got);
        let far = |r: &Request| matches!(
            r, Request::Word { address: a, .. } if *a < address || *a >= address + words.len() as u32
        );
        prop_assert!(!got.iter().any(far), "no other place is written: {:?}", got);
    }

    #[test]
    fn a_wrong_bit_in_a_response_is_noticed(
        words in prop::collection::vec(any::<u16>(), 0..20),
        at: prop::sample::Index,
    ) {
        let mut bytes = encode_response(STATUS_OK, &words);
        flip(&mut bytes, at);
        prop_assert_eq!(responses(&bytes, words.len()), vec![]);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..2000), n in 0usize..256) {
        requests(&bytes);
        prop_assert!(responses(&bytes, n).len() <= bytes.len() / 5);
    }
}

#[test]
fn checksums_are_those_of_the_vocabulary() {
    assert_eq!((CRC_8_SMBUS.poly, CRC_8_SMBUS.init), (CRC8_POLY, 0));
    let crc16 = CRC_16_IBM_3740;
    assert_eq!((crc16.poly, crc16.init, crc16.refin), (CRC16_POLY, 0xFFFF, false));
}

/// Lines of bytes in the document: the frames it explains are the frames the code makes.
#[test]
fn the_document_shows_real_frames() {
    let text = include_str!("../../docs/link.md");
    let bytes = |line: &str| -> Option<Vec<u8>> {
        line.split_whitespace().map(|b| u8::from_str_radix(b, 16).ok()).collect()
    };
    let frames: Vec<_> = text
        .lines()
        .filter(|l| l.starts_with("A5 ") || l.starts_with("5A "))
        .map(|l| bytes(l).expect(l))
        .collect();
    let expected = [
        encode_write(0x5_0001, &[0x1203, 0x0009]),
        encode_response(STATUS_OK, &[]),
        encode_read(0x5_0006, 2),
        encode_response(STATUS_OK, &[bus::core_word(2), 0]),
        encode_response(STATUS_BAD_PAYLOAD, &[]),
    ];
    assert_eq!(frames, expected);
}
