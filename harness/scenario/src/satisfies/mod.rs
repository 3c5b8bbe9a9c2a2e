//! Whether what happened is what a step asks: used by the runner to move on, and by the judge to decide again.

mod event;
mod event_field;
mod field;
mod hearing;
mod message;
mod sound;
mod talk;

pub use event::{event, event_role};
pub use event_field::{EVENT_FIELDS, alert_name, event_field, judged_field};
pub use field::{field_satisfies, satisfies, values_satisfy};
pub use hearing::{RESOLUTION, Stretch, breaks, stretches, tone_of};
pub use message::message_matches;
pub use sound::{Run, SoundOutcome, hears, runs};
pub use talk::{OneWay, Stranger, strangers, talk};
