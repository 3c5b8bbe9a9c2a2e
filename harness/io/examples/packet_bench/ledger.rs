//! Which packets of a stream came: one bit a sequence number.

/// The packets 0..`packets` of a stream whose first sequence number is known.
#[derive(Debug, Clone)]
pub struct Ledger {
    first: u16,
    came: Vec<u64>,
    packets: u32,
    distinct: u32,
    duplicates: u32,
    strange: u32,
}

impl Ledger {
    /// Nothing came yet. Streams of up to 65,536 packets (21 min) can be told apart by their 16 bits.
    pub fn new(first: u16, packets: u32) -> Ledger {
        let packets = packets.min(65_536);
        Ledger {
            first,
            came: vec![0; packets.div_ceil(64) as usize],
            packets,
            distinct: 0,
            duplicates: 0,
            strange: 0,
        }
    }

    /// A packet came.
    pub fn came(&mut self, sequence: u16) {
        let number = sequence.wrapping_sub(self.first);
        let bit = 1u64 << (number % 64);
        match self.came.get_mut(usize::from(number) / 64) {
            Some(word) if u32::from(number) < self.packets => {
                if *word & bit == 0 {
                    *word |= bit;
                    self.distinct += 1;
                } else {
                    self.duplicates += 1;
                }
            }
            _ => self.strange += 1,
        }
    }

    /// Packets that came at least once.
    pub fn distinct(&self) -> u32 {
        self.distinct
    }

    /// Packets that came again.
    pub fn duplicates(&self) -> u32 {
        self.duplicates
    }

    /// Numbers that were never sent.
    pub fn strange(&self) -> u32 {
        self.strange
    }
}
