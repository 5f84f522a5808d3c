//! RSA keys of unusual sizes and exponents, which AWS-LC's key generation does not make.
//!
//! Made with OpenSSL; the private keys were thrown away. A modulus of 8k + 1 bits gives PSS an encoded message that is
//! one byte shorter than the modulus, and one that is no multiple of 32 bits gives a partly filled limb.

use validate_jwt_jws::{Algorithm, Key};

use crate::support::{from_base64url, verifies};

const MESSAGE: &[u8] = b"validate-jwt";

struct Case {
    bits: u32,
    exponent: u64,
    n: &'static str,
    rs256: &'static str,
    ps512: &'static str,
}

const CASES: [Case; 5] = [
    Case {
        bits: 2050,
        exponent: 65_537,
        n: "Aq3N9QQwS-AoUxA1hE-3FzEMG9g5r9CiotFM-2xTqqqw8jtJoK782MlfCvOiaMun1AfWl2sS1TqCJtfzP0JYWOTrmk2d8umcmdlA\
            JNe0pMcjJ57DmlOJMdPUzVsXj3QbvmyXnouP4I4MVbFe4pBrZT2X64kknY616HgjyTOTNDaziXlj7yz_1j3tJIiw_ioSKm-swyS-\
            Rcyagj3aJ0yA_MCXXL-I0_IyDyjOVXGuF6HjRIXLi7SE4T3t0xDqUEFzB_lo-s89KTW3q_SXrNtgFffvI0kgD0vYouPDHoeKI6NC\
            inqxf7FGXFc6PLMT3DPRsuZt_T4sr_xzROWZDc0KijE",
        rs256: "AgvgFL8Z3VXRtmHp71mBtVi_IX7IimljRAXntc8Msz_QUBrASMzO6-OnhH_-6zY3CRkAk2KQR_zprpU_xRr33tQ1Cd7QODjOzaUx\
            au7YIDzJWavTEEnnIqrK57jbogVx2FeUo2iUQtHhUn_179fOvwB8ccMQLIjo6zw3IhRqqLl8-kc_Sv3E5tHBgLev4cTZ0FGaPi3U\
            uttHWDxCYqcBr2Nd61uSkoJTfWXDuvAyio0I7LixBIwsvafoSxtA6U51aPipT-MCZoUQ5_PluSFCIEawDcTadLJzuU0aK2fgEhml\
            UHxafCkj7LCgh3yc5K4q-zVymr6rsBNTt8i8mLWJecM",
        ps512: "Ap1H_HAW2KLVuGCyjjSrGqmw9-YU86RBI2AuG_4QMKwfe-Hw1Z5-Padx94abKuaLrTKaILoZl9VdlqG3mo03TSyb45umGgmQZhqu\
            y54E7ArwjVUsP27wsvBi4gQtbSfAlOUXjEZHNDld7rq1mQCdTMu4TeFaG2pZtxJle9vdeCIITODPAyHVS4a_X385wZFL8Q1pJ7ye\
            FatlUe3Mz4LuL_Jw8wHJs_lnwq7lwtxD3oOHF4swXpyTF8mtpmu-ge2Je931Kz6VSdUQC589fhRjt38Cx5wzXWjg2KOkF2tPDajX\
            Q5DpLnzzAbOT7_pQRBJQJROVbnr4u6I4GPBf_3-O0x8",
    },
    Case {
        bits: 2057,
        exponent: 3,
        n: "AXVqoEylc0AkudTqemic4gXhZP-18B4RI3aQspYQU-v_W_QhWxNZ4HPIir64WK2jN1juV5SEKAF6kEbEf_I_-Oy7sQLAgc22BH8X\
            Ly3NqIUeFILGJW1N9W-cM_O-wmfqa9iK8vZz4HKVHjiDpbPk2mozsfZ_a7CPtjQNiANHffvMtHbhsTztqyoMxND9PLnqdQiAxMEM\
            0ystsCfFghI9WHr7kVqdNCcukAoGDZdBXa6GkUw8-rYmAeydoW9XgWrgOSwQSzNRoC9oFpNmj2q1J22_YKe-3VNkKVPBWXwrCBtt\
            b8S0kTo1nNmdxkW_CaFJUSkRHaL28jMiBVhuhmSwyzx1",
        rs256: "AHne48ifv32nhMG5BAzhCTYYCj278PTsV8vxDCY5T6NJkgXn1P_0wrHM2uA0ZuALf9yhIWU1auAiPnTqUBIcJ7R0jP9nzfodxWmt\
            gUOfq8_1sTOpnqnksX3sjXXzpafGajPVLObNCBzuSF6FWji4XtRA7mpGb1CbEiDsPtwTQ3yu2qVfhrmHIbMWtbhnRuu3nWCP7V89\
            kGJIUEmYA7P3O8SfjcOY3mPk_qzGe5meNizA4U3RWdYDctVl69_2NlLrODHknIsooPXA13sij-IEE0084mce1A0vHS90sp4CES56\
            uJZJh83jisaMEhVXa-bjUPv_j1aYt-h6jmHLritRlsDO",
        ps512: "AFhDD0XPfeg2kgce9_0xuT4WHjbDOG9VnHBQ1cRmgiriN3EK3WzMD6iysYSE04CFmh7_uviryEB30WSZ61ScvfEqZlMXjUltpHja\
            glrSyT3FKU0UejynUfKi-MFDDidh5_1PdHXdOj4-q-RWUZrmlvRA1t15X1Xr3PL_ei-7VFs2qebc2mtWGZrCwd012wMaWcysMhIS\
            QcqiEpF60cwYifbnf5SKs716Yd67srRIcm_l6Xc7wsRSm9UBG6eYIeN3F8YTwmt1PzWjlvLMS7AnBcNaKhV6Z9SrS1aykqLSVN3e\
            pIopqXW2wLXoVXaPcX3QFWjq6kVRBA0LuhPEtY4nKEwq",
    },
    Case {
        bits: 2080,
        exponent: 17,
        n: "n1geF-ZoLozP4TInynqLrtPlHe5sn_4Pn12rC5tFaZiW0DHqdzNW0o6CrQq8LkuwD-RRKNqFqcLChLrlEm4L1i26K2TkaMcgqTID\
            kC7YZ5y0o5oYm1hcShbjVexFOY-I4vz3narMzvvR1EFSlPEPT4G4RJC3DCVBSe9KHeQtKkt7CQuQhLey0ID47IvK4i7iL0RSyJkU\
            diqYLB92VPCi8_Ex32p9vaE0nGQYAJKyypH-jwQgqjsjxmvDxLfzOX7ZjHumv-ze90uxYge-2hLbWPGJZmBkiskhXCEG09jZ2dPX\
            Q3NxDo9IqW7K4ey_B-lx2Uu9YNPVFg-akbXvy16Ewo4Q9T0",
        rs256: "U7h_r5FsLspl5PqkHCbrTtmeLRIM_3MZUwWfZJhxuBJEFgBFagPpyo4XZYzlrEk8v6BhkMguw_yNSsDf11jPL1cPLOUych9w-Lum\
            JnFiMO86JJ6Lgjq5_3ov8qQK0Z3kEOvvqtdEwtxUbFjzWnJJ2YDNmLk8uJUzCBvfVtQOxI-vdZviwm3Q1BmvouRPl2LYSMTM_OVr\
            sJA-wOi_Ap0uMWZTanH_azj8vUHBNvaKuiLfcwcaDPDgiiK2Jda1nO2ysDfRFkRzDXqAcdTgpJ20EHVOaQ0VQlsJbpq3Da3iBvi2\
            zdwpE9U-TUbbv7asFAe6prWFy-xY-PkMf876M06gJmzenvI",
        ps512: "e-oBNM7Si8xmdTKvUKCOtRqcpC1-7v7ajTWG7XQpMnBy6NEy6ywRI9xJARBNTXaggEZcWcT2yI-gwDJopdwNngLPR4N1UMdb06nx\
            _LK5hp7aOqSeqgorThf-6fVjKCq039klQyRYRK0JpEh6t0VuHLy_gjXWGsf5LRV4BKSec1Ye68iVtt69w5ZD4Q9mOlnpga8ZicDK\
            -qkbCcjCJo6WB1yEYnSuteRj3gs6d69QkNqUyDrIw30WJCYB78G0GkfYIn-a4a0709EgcqxY-Y4PmBC6gEYkJr7dqjN3r8ElkHoD\
            wun9Jp1OVJ8Cf1sU_6gDPoIFGSSRtVrgPEmohfGa65hXajU",
    },
    Case {
        bits: 2048,
        exponent: 3,
        n: "1bQzH7axyQ6tlNeGwpLQDRhYIDDLIfhP88pV5j--nJ_CxNOzXWtLOcnxRuP-zyGlQIUk5KZVIpP3i4xlNH3U5CTPDQwPwx6M9sJh\
            yGUB7S4fHfiPVyYZQ796zHIga9BHSDfN4ZGNWoL0MOjdsbuBaYFIbl271qDHncSoPBWM-cgxAfjqXIQvy5j_LHgfyNH4GvpPnEmr\
            SjYjv3SyKt5eIUS6irV9LL20eL8HY0uH7l0x827oBP2BPFha_TPUTKMsh1GyJ8HAUG_HJVsS_JkZdkDtBeDqNV06K7eEZ9uF1SFp\
            Efrtlo508wvBPEufmTaVNfyHFAROjarY8Ho5Gr14Qw",
        rs256: "GkGd6jXxWvC9NFLzE84QTbfnHMO-ShUCWaVEd3TYgXygugnoD2MJ2CUknkNFdrgK7oP6dFyJAGq4CFvf4dPXyvsg7jgT8tYq-6Om\
            0Vx6zOPTPGKCNWb_Pr4HMkiujCds5kqd9jSHeqIkwn5lzjMtYMg1hAUH7_-BVOqpgSpo8OKwzTOgmKIJnrzjf7T_a7gSo3b1Lngj\
            f8zRaypGSoZvY-rxrSwA88QH46NOSnMS4ErVAwrWXdUjLpyx7deY9lzs8oRp-9Bc5RXj57Ap420f0c4KgxHRwB2nEzMR_Oea2Ry5\
            7tWCQFGGeS8IJBcQBvYdxDqktlnEXT6Q46gbNgHrtg",
        ps512: "eaVcQ5j0YyaXvJVtMxum_uRD3VJn1vlXjmvO1OrD8tTMzgYohau8rfdzsK-5vDVQ5vmZd0_DHpBSiqeBspdtXa5B3TCcX30Geini\
            Jjp16NJGnum2UttZorEadyRkYhWIUsTQweHWMLfFK4-gAAO2pkC7X6b0qkTkN9osTcB-7IFNjutRV4r8-zex2nRFjPV0OURzjeQu\
            lJOfIoZPPnXkt3hbDjiwMm-9VRV-xQ8acBzIxVPalhdHCs7fw38dmCJXZXtjxWjBKO3eFSl8SMLEBdfuozKWeU1fVv0487O0_-zB\
            o5wb5a7dm36KsoXgWueHvKXSGNzhAt71N7ZU28rSlQ",
    },
    Case {
        bits: 2048,
        exponent: 4_294_967_299,
        n: "0615vLb7XzMHeq1fd1lhEU_p_5NGUR__KCgnFQP-ilk7glRbUKKh5qna3FOlqUhE-ZYCpY6CbarcKlwNDarlKnNSakzyOorqZ7Oq\
            u7Ul9m_BhVsSp2Se7qHaslbYDtwGx2oXEmmhQJNWCfs_Tp6UNVop2YJNHTjbFwJX5uSuI8KGFL1EOTxJdlLAxAZbhdZlC3IA6QMN\
            r0NBZkFkGpLpqTqupCGFfyvl8EKtkt47gxCnkHzSXR7sAudAx4i8FdPX6SxQ1c90oXyjHl-20AMChvEjCdMpWnLjGywrC0xMM2-5\
            RMvoARr0-7CXoZxNKkOOMyJG87TnJODggFeorel8Dw",
        rs256: "AYr_w4D_4KBkLrj0JSOkrd_cIFKi7aR7Q5-slhjLo2kwoIwxUivsCyGoUyATHq9jjNNlVL_69MbynMtUB7ubUyMvGilOsG53KtsW\
            amTr6EbUbYrCsMrC4KPfSwiMxPv3f5eIqyCGfUFocGucWoCOG1tCAJqBFU734_NFvL9ULBR-CZvQ2qaq3R8yv1Y-Qep5YqRpzhgQ\
            OWgu473eNu4t3ihrRapDwyvSdhfHt5_T7ShiO2Th_UpqP4vQDMr4moRx9C0fTGTrjvJH4b2vAGlLII0dWa90lgblnIm6W9IpfQrH\
            hd1A997hi_ldO4p5aOQg8eqw5g-dHQdFU37QtAQ1Ig",
        ps512: "dSz86yvWszSqAddvvy59BKU4PQZ7qlVoc-S-qluU7SiuEer4lyJS7HeCje5TZvEz1qTPEg9e6FNHLMaFJbK5ffqwmcbRh9jxw9sU\
            2A6TJrXCvRJNUwoCDPWtKnyFAaELtCL7ZlDJF-taO_-TZiADVESG8PF0CwRx2V-15A3rs3TJiBxIi6eN3Kk5_gsXe_xlTxwHCP0p\
            w9PtE6aHFIwTULxWmz_AbQRQzaJ3VuSt2yu3lpI0RUvfr02veJsQ6Mzs6H8DyQQtMtL8otHoe8CNQ08U58Pu8Sfh6KXx5JLOQ3Lz\
            Duk420KEg0uLMvC2c806noFIE4lIb70x3Owq-VEmWg",
    },
];

#[test]
fn keys_of_unusual_sizes_and_exponents_verify_what_openssl_signed() {
    for case in CASES {
        let key = Key::rsa(&from_base64url(case.n), &case.exponent.to_be_bytes()).unwrap();
        assert_eq!(key.description(), format!("RSA {}", case.bits));
        for (algorithm, signature) in [
            (Algorithm::RS256, case.rs256),
            (Algorithm::PS512, case.ps512),
        ] {
            let mut signature = from_base64url(signature);
            let name = format!(
                "{algorithm}, {} bits, exponent {}",
                case.bits, case.exponent
            );
            assert!(verifies(&key, algorithm, MESSAGE, &signature), "{name}");
            assert!(!verifies(&key, algorithm, b"another", &signature), "{name}");
            for bit in (0..signature.len() * 8).step_by(61) {
                signature[bit / 8] ^= 1 << (bit % 8);
                assert!(
                    !verifies(&key, algorithm, MESSAGE, &signature),
                    "{name}, bit {bit}"
                );
                signature[bit / 8] ^= 1 << (bit % 8);
            }
        }
    }
}
