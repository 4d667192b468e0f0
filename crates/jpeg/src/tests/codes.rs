//! Bits, and the codes that they make.

use crate::bits::Bits;
use crate::huffman::{Class, Code, END_OF_BLOCK, Specification, Table};

fn table(counts: &[(usize, u8)], symbols: &[u8], class: Class) -> Option<Table> {
    let mut lengths = [0; 16];
    for &(length, count) in counts {
        lengths[length - 1] = count;
    }
    Table::new(Specification { counts: &lengths, symbols }, class)
}

/// The bits of these bytes, made visible.
fn bits(bytes: &[u8]) -> Bits<'_> {
    let mut bits = Bits::new(bytes);
    bits.refill();
    bits
}

#[test]
fn short_and_long_codes_are_found() {
    // 0, 10, 110 and the four of 13 bits that begin with 1110.
    let table =
        table(&[(1, 1), (2, 1), (3, 1), (13, 4)], &[0, 0xf0, 0x21, 1, 2, 3, 0xfa], Class::Ac).unwrap();
    let found = |first: u8, second: u8| table.code(&bits(&[first, second, 0x55, 0x55]));
    assert_eq!(found(0b0111_1110, 0), Code { bits: 1, step: END_OF_BLOCK });
    assert_eq!(found(0b1011_1110, 0), Code { bits: 2, step: 16 });
    assert_eq!(found(0b1101_1110, 0), Code { bits: 3 + 1, step: 3 });
    assert_eq!(found(0b1110_0000, 0b0000_0111), Code { bits: 13 + 1, step: 1 });
    assert_eq!(found(0b1110_0000, 0b0001_1000), Code { bits: 13 + 10, step: 16 });
}

#[test]
fn bits_that_are_no_code_stand_for_the_symbol_0() {
    let ac = table(&[(1, 1), (2, 1), (13, 4)], &[0x11, 0xf0, 1, 2, 3, 0xfa], Class::Ac).unwrap();
    let found = |table: &Table, first: u8, second: u8| table.code(&bits(&[first, second, 0x55, 0x55]));
    assert_eq!(found(&ac, 0b1100_0000, 0b0010_0000), Code { bits: 17, step: END_OF_BLOCK });
    assert_eq!(found(&ac, 0b1111_1110, 0b1111_1111), Code { bits: 17, step: END_OF_BLOCK });
    let dc = table(&[(1, 1)], &[5], Class::Dc).unwrap();
    assert_eq!(found(&dc, 0b1000_0000, 0), Code { bits: 17, step: 0 });
    // Not even one code.
    let empty = table(&[], &[], Class::Symbols).unwrap();
    assert_eq!(found(&empty, 0, 0), Code { bits: 17, step: 0 });
}

#[test]
fn more_codes_than_there_can_be_are_refused() {
    assert!(table(&[(1, 2)], &[0, 1], Class::Ac).is_some());
    assert!(table(&[(1, 3)], &[0, 1, 2], Class::Ac).is_none());
    assert!(table(&[(1, 2), (16, 1)], &[0, 1, 2], Class::Ac).is_none());
}

#[test]
fn differences_of_more_bits_than_there_can_be_are_refused() {
    assert!(table(&[(2, 1)], &[15], Class::Dc).is_some());
    for symbol in [0x10, 0xff] {
        assert!(table(&[(2, 1)], &[symbol], Class::Dc).is_none(), "{symbol:#x}");
    }
}

#[test]
fn ends_of_several_blocks_end_the_block_of_a_sequential_picture() {
    for symbol in [0x10, 0x70, 0xe0] {
        let table = table(&[(2, 1)], &[symbol], Class::Ac).unwrap();
        assert_eq!(table.code(&bits(&[0, 0])), Code { bits: 2, step: END_OF_BLOCK }, "{symbol:#x}");
    }
}

#[test]
fn differences_have_signs() {
    // A code of one bit, then three bits of magnitude.
    let difference = |magnitude: u8| bits(&[magnitude << 4, 0, 0]).difference(Code { bits: 4, step: 3 });
    let seen: Vec<i32> = (0..8).map(difference).collect();
    assert_eq!(seen, [-7, -6, -5, -4, 4, 5, 6, 7]);
    assert_eq!(bits(&[0xff, 0]).difference(Code { bits: 1, step: 0 }), 0);
    // The longest: sixteen bits and fifteen.
    assert_eq!(bits(&[0, 0, 0x80, 0, 0]).difference(Code { bits: 31, step: 15 }), 1 << 14);
    assert_eq!(bits(&[0, 0, 0, 0, 0]).difference(Code { bits: 31, step: 15 }), 1 - (1 << 15));
}

#[test]
fn numbers_are_taken_after_codes() {
    let mut bits = bits(&[0b1010_0101, 0xff, 0, 0xff, 0]);
    assert_eq!((bits.unsigned(3), bits.unsigned(0), bits.unsigned(2)), (5, 0, 0));
    assert_eq!((bits.signed(2), bits.signed(0), bits.signed(15)), (2, 0, (1 << 15) - 1));
}

#[test]
fn stuffed_bytes_are_left_out_and_markers_end_the_bits() {
    for before in 0..20 {
        for after in 0..20 {
            let bytes =
                [&vec![0x12; before][..], &[0xff, 0], &vec![0x34; after], &[0xff, 0xd0, 0x77, 0x77]].concat();
            let mut bits = Bits::new(&bytes);
            let mut seen = Vec::new();
            for _ in 0..=before + after {
                bits.refill();
                seen.push(bits.ahead().to_be_bytes()[0]);
                assert!(!bits.is_overdrawn());
                bits.skip(Code { bits: 8, step: 0 });
            }
            assert!(!bits.is_overdrawn());
            assert_eq!(seen, [&vec![0x12; before][..], &[0xff], &vec![0x34; after]].concat());
            assert_eq!(bits.rest(), [0xff, 0xd0, 0x77, 0x77], "{before} and {after}");
        }
    }
}

#[test]
fn more_bits_than_there_are_is_seen() {
    let mut bits = bits(&[0xaa, 0xff, 0xd9]);
    bits.skip(Code { bits: 8, step: 0 });
    assert!(!bits.is_overdrawn());
    bits.skip(Code { bits: 1, step: 0 });
    assert!(bits.is_overdrawn());
    assert!(bits.stay(&[0xff, 0xd9]).is_overdrawn());
}

#[test]
fn fill_bytes_stand_before_stuffed_bytes_and_markers() {
    let mut bits = bits(&[0x12, 0xff, 0xff, 0xff, 0, 0x34, 0xff, 0xff, 0xd1]);
    assert_eq!((bits.unsigned(12), bits.unsigned(12)), (0x12f, 0xf34));
    assert!(!bits.is_overdrawn());
    assert_eq!(bits.rest(), [0xff, 0xd1]);
}
