//! Modular exponentiation with a public exponent.
//!
//! Nothing here is secret, so nothing needs to run in constant time; it needs to be fast in WebAssembly, where the
//! widest product is 64 bits. Hence limbs of 32 bits, whose products and carries fit in a `u64` without
//! overflow, and Montgomery multiplication with multiplication and reduction in one pass over the limbs.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

/// Odd modulus of an RSA key with the constants of Montgomery multiplication, for R = 2^(32 · limbs).
#[derive(Clone)]
pub(super) struct Modulus {
    /// Least significant limb first; the last is not zero.
    limbs: Box<[u32]>,
    /// −n⁻¹ mod 2³².
    n0_inverse: u32,
    /// R² mod n.
    r_squared: Box<[u32]>,
    /// Length in bytes.
    len: usize,
}

impl Modulus {
    /// The modulus of these big-endian bytes, of which the first is not zero; nothing if it is even.
    pub(super) fn from_be_bytes(n: &[u8]) -> Option<Self> {
        let limbs: Box<[u32]> = limbs_from_be_bytes(n).into();
        let lowest = *limbs.first()?;
        if lowest & 1 == 0 {
            return None;
        }
        let mut modulus = Self {
            r_squared: vec![0; limbs.len()].into(),
            n0_inverse: negated_inverse(lowest),
            limbs,
            len: n.len(),
        };
        modulus.r_squared = modulus.compute_r_squared().into();
        Some(modulus)
    }

    /// `base` to the power of `exponent`, as many big-endian bytes as the modulus has.
    ///
    /// The caller guarantees that `base` is less than the modulus and as long, and that `exponent` is odd and at
    /// least 3.
    pub(super) fn power(&self, base: &[u8], exponent: u64) -> Vec<u8> {
        let base = limbs_from_be_bytes(base);
        let mut scratch = Scratch::new(self.limbs.len());
        let mut base_in_form = vec![0; self.limbs.len()];
        self.multiply(&base, &self.r_squared, &mut base_in_form, &mut scratch);

        let mut power = base_in_form.clone();
        let mut square = vec![0; self.limbs.len()];
        let below_top = exponent.ilog2();
        for bit in (0..below_top).rev() {
            self.multiply(&power, &power, &mut square, &mut scratch);
            core::mem::swap(&mut power, &mut square);
            // The last bit is set: multiplying by the plain base there also leaves the Montgomery form.
            let is_set = (exponent >> bit) & 1 == 1;
            if bit == 0 {
                self.multiply(&power, &base, &mut square, &mut scratch);
                core::mem::swap(&mut power, &mut square);
            } else if is_set {
                self.multiply(&power, &base_in_form, &mut square, &mut scratch);
                core::mem::swap(&mut power, &mut square);
            }
        }
        self.to_be_bytes(&power)
    }

    /// Montgomery product a · b · R⁻¹ mod n of two numbers less than n.
    fn multiply(&self, a: &[u32], b: &[u32], product: &mut Vec<u32>, scratch: &mut Scratch) {
        let (Some((&b_lowest, b_rest)), Some((&n_lowest, n_rest))) =
            (b.split_first(), self.limbs.split_first())
        else {
            return;
        };
        product.fill(0);
        // The product has one bit more than the limbs hold.
        let mut top = 0u32;
        for &digit in a {
            let digit = u64::from(digit);
            let Some((&lowest, rest)) = product.split_first() else {
                return;
            };
            let sum = multiply_add(digit, b_lowest, lowest, 0);
            let factor = u64::from(low(sum).wrapping_mul(self.n0_inverse));
            let mut carry = high(sum);
            // Chosen so that the lowest limb becomes zero; all others move down by one.
            let mut reduction_carry = high(multiply_add(factor, n_lowest, low(sum), 0));
            let next = &mut scratch.next;
            for (((out, &limb), &b), &n) in next.iter_mut().zip(rest).zip(b_rest).zip(n_rest) {
                let sum = multiply_add(digit, b, limb, carry);
                carry = high(sum);
                let reduced = multiply_add(factor, n, low(sum), reduction_carry);
                reduction_carry = high(reduced);
                *out = low(reduced);
            }
            let last = u64::from(top)
                .wrapping_add(u64::from(carry))
                .wrapping_add(u64::from(reduction_carry));
            if let Some(out) = next.last_mut() {
                *out = low(last);
            }
            top = high(last);
            core::mem::swap(product, next);
        }
        if top != 0 || !self.exceeds(product) {
            self.subtract_from(product);
        }
    }

    /// R² mod n: 2R by doubling, then by squaring in Montgomery form, where 2^a · R squared is 2^2a · R.
    fn compute_r_squared(&self) -> Vec<u32> {
        let width = self.limbs.len().saturating_mul(32);
        // The highest power of two that is less than n; doubled until it is 2^width = R, which is 1 in form.
        let top_bit = width.saturating_sub(1).saturating_sub(
            self.limbs
                .last()
                .map_or(0, |limb| limb.leading_zeros() as usize),
        );
        let mut value = vec![0u32; self.limbs.len()];
        if let Some(limb) = value.last_mut() {
            *limb = 1u32 << (top_bit % 32);
        }
        for _ in top_bit..width {
            self.double(&mut value);
        }
        let mut scratch = Scratch::new(self.limbs.len());
        let mut square = vec![0; self.limbs.len()];
        for bit in (0..=width.checked_ilog2().unwrap_or(0)).rev() {
            self.multiply(&value, &value, &mut square, &mut scratch);
            core::mem::swap(&mut value, &mut square);
            if (width >> bit) & 1 == 1 {
                self.double(&mut value);
            }
        }
        value
    }

    /// 2 · value mod n.
    fn double(&self, value: &mut [u32]) {
        let mut carry = 0;
        for limb in value.iter_mut() {
            let doubled = (*limb << 1) | carry;
            carry = *limb >> 31;
            *limb = doubled;
        }
        if carry != 0 || !self.exceeds(value) {
            self.subtract_from(value);
        }
    }

    /// Whether n is greater than `value`.
    fn exceeds(&self, value: &[u32]) -> bool {
        self.limbs.iter().rev().gt(value.iter().rev())
    }

    /// value − n, without the borrow that the caller knows of.
    fn subtract_from(&self, value: &mut [u32]) {
        let mut borrow = 0u32;
        for (limb, &n) in value.iter_mut().zip(&self.limbs) {
            let difference = u64::from(*limb)
                .wrapping_sub(u64::from(n))
                .wrapping_sub(u64::from(borrow));
            *limb = low(difference);
            borrow = high(difference) & 1;
        }
    }

    fn to_be_bytes(&self, value: &[u32]) -> Vec<u8> {
        let mut bytes: Vec<u8> = value.iter().flat_map(|limb| limb.to_le_bytes()).collect();
        bytes.truncate(self.len);
        bytes.reverse();
        bytes
    }
}

/// Memory of a multiplication, kept between calls.
struct Scratch {
    next: Vec<u32>,
}

impl Scratch {
    fn new(limbs: usize) -> Self {
        Self {
            next: vec![0; limbs],
        }
    }
}

fn limbs_from_be_bytes(bytes: &[u8]) -> Vec<u32> {
    bytes
        .rchunks(4)
        .map(|chunk| {
            chunk
                .iter()
                .fold(0u32, |limb, &byte| (limb << 8) | u32::from(byte))
        })
        .collect()
}

/// −n⁻¹ mod 2³² of an odd number by Newton's iteration, which doubles the number of right bits.
fn negated_inverse(n: u32) -> u32 {
    // n · n = 1 mod 8: the start has three right bits.
    let mut inverse = n;
    for _ in 0..4 {
        inverse = inverse.wrapping_mul(2u32.wrapping_sub(n.wrapping_mul(inverse)));
    }
    inverse.wrapping_neg()
}

/// a · b + c + d, at most (2³² − 1)² + 2 · (2³² − 1) = 2⁶⁴ − 1: it never wraps.
fn multiply_add(a: u64, b: u32, c: u32, d: u32) -> u64 {
    a.wrapping_mul(u64::from(b))
        .wrapping_add(u64::from(c))
        .wrapping_add(u64::from(d))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the lower half is what is asked for"
)]
fn low(value: u64) -> u32 {
    value as u32
}

fn high(value: u64) -> u32 {
    (value >> 32) as u32
}
