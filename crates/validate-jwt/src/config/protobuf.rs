//! A document as `google.protobuf.Struct`: what Envoy hands to a plugin whose configuration is written as a struct, in binary.

use alloc::string::String;
use alloc::vec::Vec;

use super::node::Node;

/// Nesting beyond any document's; keeps recursion bounded.
const MAX_DEPTH: usize = 64;

/// Reads a serialised `Struct`. `None` when it is none.
pub(super) fn read_struct(bytes: &[u8]) -> Option<Node> {
    object(bytes, 0)
}

/// `Struct { map<string, Value> fields = 1; }`
fn object(bytes: &[u8], depth: usize) -> Option<Node> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut members: Vec<(String, Node)> = Vec::new();
    for field in fields(bytes) {
        let (1, Wire::Bytes(entry)) = field? else {
            return None;
        };
        let mut name = String::new();
        let mut value = Node::Null;
        for field in fields(entry) {
            match field? {
                (1, Wire::Bytes(text)) => name = core::str::from_utf8(text).ok()?.into(),
                (2, Wire::Bytes(bytes)) => value = self::value(bytes, depth.saturating_add(1))?,
                _ => return None,
            }
        }
        members.push((name, value));
    }
    // The order of a protobuf map is left to chance; the order of findings should not be.
    members.sort_by(|(one, _), (other, _)| one.cmp(other));
    Some(Node::Object(members))
}

/// `Value { oneof { null = 1; double = 2; string = 3; bool = 4; Struct = 5; ListValue = 6; } }`
fn value(bytes: &[u8], depth: usize) -> Option<Node> {
    let mut value = Node::Null;
    for field in fields(bytes) {
        value = match field? {
            (1, Wire::Varint(_)) => Node::Null,
            (2, Wire::Fixed64(bits)) => Node::Number(number(f64::from_bits(bits))?),
            (3, Wire::Bytes(text)) => Node::String(core::str::from_utf8(text).ok()?.into()),
            (4, Wire::Varint(bit)) => Node::Bool(bit != 0),
            (5, Wire::Bytes(bytes)) => object(bytes, depth)?,
            (6, Wire::Bytes(bytes)) => list(bytes, depth.saturating_add(1))?,
            _ => return None,
        };
    }
    Some(value)
}

/// `ListValue { repeated Value values = 1; }`
fn list(bytes: &[u8], depth: usize) -> Option<Node> {
    if depth > MAX_DEPTH {
        return None;
    }
    let elements = fields(bytes).map(|field| match field? {
        (1, Wire::Bytes(bytes)) => value(bytes, depth),
        _ => None,
    });
    elements.collect::<Option<_>>().map(Node::Array)
}

/// All numbers of a struct are doubles; whole ones become integers again.
fn number(value: f64) -> Option<serde_json::Number> {
    /// Beyond 2^53 a double does not tell whole numbers apart.
    const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;
    if value.is_finite() && value.trunc() == value && (-MAX_WHOLE..=MAX_WHOLE).contains(&value) {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        return Some((value as i64).into());
    }
    serde_json::Number::from_f64(value)
}

enum Wire<'b> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'b [u8]),
}

/// The fields of a message; `None` for the first that is not well-formed.
fn fields(mut bytes: &[u8]) -> impl Iterator<Item = Option<(u64, Wire<'_>)>> {
    core::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let field = field(&mut bytes);
        if field.is_none() {
            bytes = &[];
        }
        Some(field)
    })
}

fn field<'b>(bytes: &mut &'b [u8]) -> Option<(u64, Wire<'b>)> {
    let key = varint(bytes)?;
    let wire = match key & 7 {
        0 => Wire::Varint(varint(bytes)?),
        1 => {
            let (head, rest) = bytes.split_first_chunk::<8>()?;
            *bytes = rest;
            Wire::Fixed64(u64::from_le_bytes(*head))
        }
        2 => {
            let length = usize::try_from(varint(bytes)?).ok()?;
            let (head, rest) = bytes.split_at_checked(length)?;
            *bytes = rest;
            Wire::Bytes(head)
        }
        _ => return None,
    };
    Some((key.wrapping_shr(3), wire))
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f).wrapping_shl(shift);
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_struct_is_read_as_the_json_it_was_written_as() {
        // { "a": [true, null, "x"], "n": 401 }
        let bytes = b"\x0a\x14\x0a\x01a\x12\x0f\x32\x0d\x0a\x02\x20\x01\x0a\x02\x08\x00\x0a\x03\x1a\x01x\x0a\x0e\x0a\x01n\x12\x09\x11\x00\x00\x00\x00\x00\x10\x79\x40";
        let node = read_struct(bytes).unwrap();
        assert_eq!(
            serde_json::to_string(&node).unwrap(),
            r#"{"a":[true,null,"x"],"n":401}"#
        );
    }

    #[test]
    fn damaged_bytes_are_no_struct() {
        let whole = b"\x0a\x0e\x0a\x01n\x12\x09\x11\x00\x00\x00\x00\x00\x10\x79\x40";
        assert!(read_struct(whole).is_some());
        for length in 1..whole.len() {
            assert!(read_struct(&whole[..length]).is_none(), "{length}");
        }
        assert!(read_struct(b"{\"a\":1}").is_none());
    }
}
