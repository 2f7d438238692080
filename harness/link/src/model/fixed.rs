//! Logarithm, exponential and the normal distribution in whole numbers: floating-point libraries differ between machines
//! in the last bit, and one bit moves a schedule. Knows nothing of links.
//!
//! A [`Fx`] is a number with 32 binary places. The normal quantile is Acklam's rational approximation (relative error
//! 1.2e-9 in exact arithmetic, about 1e-7 here), the exponential a polynomial, the logarithm found bit by bit.

/// A number with 32 binary places.
pub(crate) type Fx = i64;

/// One.
pub(crate) const ONE: Fx = 1 << 32;
const LN_2: Fx = fx(std::f64::consts::LN_2);
const LOG2_E: Fx = fx(std::f64::consts::LOG2_E);
/// The 90 % point of the normal distribution.
pub(crate) const Z_90: Fx = fx(1.281_551_565_544_6);

/// The nearest value at or below; multiplication and truncation are the same on every machine.
pub(crate) const fn fx(value: f64) -> Fx {
    (value * 4_294_967_296.0) as Fx
}

/// The product.
pub(crate) fn mul(a: Fx, b: Fx) -> Fx {
    ((i128::from(a) * i128::from(b)) >> 32) as Fx
}

/// The quotient; of a division by zero nothing is asked.
fn div(a: Fx, b: Fx) -> Fx {
    ((i128::from(a) << 32) / i128::from(b)) as Fx
}

/// The square root of what is not negative.
pub(crate) fn sqrt(x: Fx) -> Fx {
    let x = u128::try_from(x).unwrap_or(0);
    (x << 32).isqrt() as Fx
}

/// Horner's scheme, highest power first.
fn polynomial(x: Fx, coefficients: &[Fx]) -> Fx {
    coefficients.iter().fold(0, |sum, c| mul(sum, x) + c)
}

/// `whole * e^x`, at most `u64::MAX / 2`.
pub(crate) fn times_exp(whole: u64, x: Fx) -> u64 {
    // 2^f on [0, 1): the powers of ln 2 over their factorials.
    const POWERS: [Fx; 10] = [
        fx(1.018_e-7),
        fx(1.321_54e-6),
        fx(1.525_273e-5),
        fx(1.540_353_0e-4),
        fx(1.333_355_81e-3),
        fx(9.618_129_11e-3),
        fx(5.550_410_866e-2),
        fx(0.240_226_506_959),
        LN_2,
        ONE,
    ];
    let exponent = mul(x, LOG2_E);
    let (power, fraction) = (exponent >> 32, exponent & (ONE - 1));
    let product = u128::from(whole) * polynomial(fraction, &POWERS) as u128;
    let shifted = match power {
        ..=-96 => 0,
        -95..=0 => product >> (32 - power),
        1..=31 => product >> (32 - power),
        32..=60 => product.checked_shl((power - 32) as u32).unwrap_or(u128::MAX),
        _ => u128::MAX,
    };
    shifted.min(u128::from(u64::MAX / 2)) as u64
}

/// The natural logarithm of a whole number from 1.
pub(crate) fn ln(whole: u64) -> Fx {
    let whole = whole.max(1);
    let zeros = whole.leading_zeros();
    // The mantissa in [1, 2) with 63 places; squaring it doubles its logarithm, and an overflow is the next bit.
    let mut mantissa = whole << zeros;
    let mut log2: Fx = Fx::from(63 - zeros) << 32;
    for bit in (0..32).rev() {
        let square = (u128::from(mantissa) * u128::from(mantissa)) >> 63;
        if square >> 64 != 0 {
            log2 |= 1 << bit;
            mantissa = (square >> 1) as u64;
        } else {
            mantissa = square as u64;
        }
    }
    mul(log2, LN_2)
}

/// `-ln(u / 2^64)`: an exponential deviate from an even one.
pub(crate) fn minus_ln_even(u: u64) -> Fx {
    64 * LN_2 - ln(u)
}

/// The normal quantile of `u / 2^64`.
pub(crate) fn normal(u: u64) -> Fx {
    const A: [Fx; 6] = [
        fx(-39.696_830_286_653_76),
        fx(220.946_098_424_520_5),
        fx(-275.928_510_446_968_7),
        fx(138.357_751_867_269),
        fx(-30.664_798_066_147_16),
        fx(2.506_628_277_459_239),
    ];
    const B: [Fx; 6] = [
        fx(-54.476_098_798_224_06),
        fx(161.585_836_858_040_9),
        fx(-155.698_979_859_886_6),
        fx(66.801_311_887_719_72),
        fx(-13.280_681_552_885_72),
        ONE,
    ];
    /// 2.425 %: below it, and above its mirror, are the tails.
    const TAIL: u64 = 447_332_843_694_110_000;
    if u < TAIL {
        return tail(u);
    }
    if u > u64::MAX - TAIL {
        return -tail(u64::MAX - u);
    }
    let q = (u >> 32) as Fx - (ONE >> 1);
    let r = mul(q, q);
    div(mul(q, polynomial(r, &A)), polynomial(r, &B))
}

/// The lower tail.
fn tail(u: u64) -> Fx {
    const C: [Fx; 6] = [
        fx(-7.784_894_002_430_293e-3),
        fx(-0.322_396_458_041_136_5),
        fx(-2.400_758_277_161_838),
        fx(-2.549_732_539_343_734),
        fx(4.374_664_141_464_968),
        fx(2.938_163_982_698_783),
    ];
    const D: [Fx; 5] = [
        fx(7.784_695_709_041_462e-3),
        fx(0.322_467_129_070_039_8),
        fx(2.445_134_137_142_996),
        fx(3.754_408_661_907_416),
        ONE,
    ];
    let q = sqrt(2 * minus_ln_even(u));
    div(polynomial(q, &C), polynomial(q, &D))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float(x: Fx) -> f64 {
        x as f64 / ONE as f64
    }

    #[test]
    fn logarithm_and_exponential_agree_with_the_float_library() {
        for whole in [1, 2, 3, 10, 999, 1_000_000, 123_456_789_012, u64::MAX] {
            assert!((float(ln(whole)) - (whole as f64).ln()).abs() < 1e-7, "{whole}");
        }
        for x in [-20.0, -3.3, -1.0, -0.01, 0.0, 0.5, 1.0, 2.7, 9.9, 15.0] {
            let got = times_exp(1_000_000_000_000, fx(x)) as f64;
            let wanted = 1e12 * f64::exp(x);
            assert!((got - wanted).abs() <= wanted * 1e-6 + 2.0, "{x}: {got} {wanted}");
        }
    }

    #[test]
    fn the_normal_quantile_has_its_known_points() {
        let points =
            [(0.5, 0.0), (0.9, 1.281_551_6), (0.975, 1.959_964), (0.99, 2.326_347_9), (0.999_9, 3.719_016_5)];
        for (p, z) in points {
            let u = (p * 2f64.powi(64)) as u64;
            assert!((float(normal(u)) - z).abs() < 2e-6, "{p}: {}", float(normal(u)));
            assert!((float(normal(u64::MAX - u)) + z).abs() < 2e-6, "{p}");
        }
        assert!((1..1000).all(|n| normal(n * (u64::MAX / 1000)) <= normal((n + 1) * (u64::MAX / 1000))));
        assert!(float(normal(0)).abs() < 10.0 && float(normal(u64::MAX)).abs() < 10.0);
    }
}
