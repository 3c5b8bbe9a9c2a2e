//! Where randomness comes from.

use rand::SeedableRng;
use rand::rngs::SmallRng;

/// The recorded seed of a run. Each machine takes a generator of its own, told apart by a name, so that
/// one more draw in one machine does not change what another machine draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Seed {
    /// The generator of the machine called `name`.
    pub fn generator(self, name: &str) -> SmallRng {
        SmallRng::seed_from_u64(self.child(name).0)
    }

    /// The seed of the machine called `name` (FNV-1a over the name, started from this seed).
    pub fn child(self, name: &str) -> Seed {
        let mixed = name.bytes().fold(self.0 ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Seed(mixed)
    }
}
