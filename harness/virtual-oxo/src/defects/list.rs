//! The list of defects: variant, name, behaviour.

macro_rules! defects {
    ($($variant:ident $name:literal $behaviour:literal)*) => {
        /// One defect. The name and the line that describes it are data, so a list of them is never out of date.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Defect {
            $(#[doc = $behaviour] $variant,)*
        }

        impl Defect {
            /// All of them.
            pub const ALL: &'static [Defect] = &[$(Defect::$variant,)*];

            /// The name in kebab-case.
            pub fn name(self) -> &'static str {
                match self { $(Defect::$variant => $name,)* }
            }

            /// What the box then does.
            pub fn behaviour(self) -> &'static str {
                match self { $(Defect::$variant => $behaviour,)* }
            }

            /// The defect of this name.
            pub fn named(name: &str) -> Option<Defect> {
                match name { $($name => Some(Defect::$variant),)* _ => None }
            }
        }
    };
}

defects! {
    // Answers to OPTIONS, and supervision of the gateways.
    NeverAnswersOptions "never-answers-options" "OPTIONS from a gateway is not answered"
    OptionsAnsweredLate "options-answered-late" "OPTIONS from a gateway is answered after 1.5 s"
    OptionsAnswered500 "options-answered-500" "OPTIONS from a gateway is answered 500"
    OptionsWithoutAllow "options-without-allow" "the answer to OPTIONS has no Allow"
    OptionsWithoutAccept "options-without-accept" "the answer to OPTIONS has no Accept"
    OptionsWithoutSupported "options-without-supported" "the answer to OPTIONS has no Supported"
    KeepAliveIrregular "keep-alive-irregular" "the distance between two keep-alive OPTIONS alternates between a quarter and seven quarters of the period"
    KeepAliveSlow "keep-alive-slow" "keep-alive OPTIONS are sent at three times the period"
    KeepAliveStops "keep-alive-stops" "keep-alive OPTIONS stop after the third to each gateway"
    NoKeepAliveToBackup "no-keep-alive-to-backup" "a backup gateway gets no keep-alive OPTIONS"
    KeepAliveMaxForwardsHigh "keep-alive-max-forwards-high" "requests carry Max-Forwards 255"
    KeepAliveWithoutContact "keep-alive-without-contact" "keep-alive OPTIONS have no Contact"
    KeepAliveWithoutFrom "keep-alive-without-from" "keep-alive OPTIONS have no From"
    IgnoresKeepAliveTimeout "ignores-keep-alive-timeout" "a silent gateway is never declared down, and silence on an INVITE does not try the other one"
    NeverRecoversGateway "never-recovers-gateway" "a gateway that was down stays down, and gets no OPTIONS any more"
    // Failover and failback.
    NoFailover "no-failover" "an outgoing call never leaves through a backup gateway"
    FailoverIgnoresCodes "failover-ignores-codes" "a failure code to INVITE does not try the backup gateway"
    FailoverIgnoresSilence "failover-ignores-silence" "silence on an INVITE does not try the backup gateway"
    FailoverLate "failover-late" "the backup gateway is tried 6 s after the primary one failed"
    NoFailback "no-failback" "once a call left through a backup gateway, all later ones do"
    RejectsInboundFromBackup "rejects-inbound-from-backup" "an INVITE from a backup gateway is answered 403"
    IgnoresInboundFromBackup "ignores-inbound-from-backup" "SIP from a backup gateway is discarded"
    RejectsBackupOnceBack "rejects-backup-once-back" "once a gateway has come back, an INVITE from a backup gateway is answered 403"
    RetriesBusyOnBackup "retries-busy-on-backup" "a busy answer (486) tries the backup gateway"
    ConsoleIgnored "console-ignored" "the console says ok and changes nothing"
    // Identity of the load.
    WrongLoad "wrong-load" "the product string names the load OXO063/010.001"
    OldLoad "old-load" "the product string names the load OXO062/020.001, below its release's floor"
    LoadChanges "load-changes" "responses carry another load than requests"
    HidesProduct "hides-product" "neither User-Agent nor Server is sent"
    // Marking and ports of the box's own media.
    MediaDscp0 "media-dscp-0" "RTP and RTCP of the box carry DSCP 0"
    MusicDscp0 "music-dscp-0" "music on hold carries DSCP 0"
    RtcpDscp0 "rtcp-dscp-0" "RTCP of the box carries DSCP 0"
    SipDscp0 "sip-dscp-0" "SIP of the box carries DSCP 0"
    MediaOutsideRange "media-outside-range" "the box takes media ports from 5200 up"
    OddRtpPort "odd-rtp-port" "the box takes odd ports for RTP"
    RtpFromOtherPort "rtp-from-other-port" "the box sends RTP from another port than its description names"
    RtpAfterBye "rtp-after-bye" "the box sends RTP to the far end for 7 s after a call has ended"
    WrongCodecOrder "wrong-codec-order" "offers to the trunk put PCMU first"
    WrongCodec "wrong-codec" "the box offers and answers PCMU alone"
    AnswersTwoCodecs "answers-two-codecs" "an answer lists PCMA and PCMU"
    Ptime30 "ptime-30" "the box packs and announces 30 ms"
    Ptime10 "ptime-10" "the box packs and announces 10 ms"
    NoTelephoneEvent "no-telephone-event" "descriptions to the trunk have no telephone-event"
    ExtraAudioLine "extra-audio-line" "descriptions to the trunk have a second audio line"
    TimestampStep "timestamp-step" "RTP timestamps of the box advance by half the samples"
    ShortPayload "short-payload" "RTP packets of the box carry 80 bytes and say 20 ms"
    PortsUsedAgain "ports-used-again" "the box takes the lowest free media port, also one that was just given back"
    // Where media goes.
    OneWayToFarEnd "one-way-to-far-end" "descriptions to sets name a wrong port of the far end, so the far end hears nothing"
    OneWayToSet "one-way-to-set" "descriptions to the trunk name a wrong port of the set, so the set hears nothing"
    CrossedAudio "crossed-audio" "relayed audio of a call goes back to the one who sent it"
    MediaThroughBox "media-through-box" "media of every call is relayed by the box"
    MediaBypassesBox "media-bypasses-box" "media of calls is direct although the settings anchor it"
    RemoteMediaThroughBox "remote-media-through-box" "media of sets of a remote site is relayed by the box"
    ExtraRtpFlow "extra-rtp-flow" "during a trunk call the box sends one more RTP flow to the far end"
    ExtraFlowWhenTransferred "extra-flow-when-transferred" "after a transfer between two trunk calls the box keeps one RTP flow of its own to the far end"
    // Hold.
    MusicMissing "music-missing" "a held party gets silence"
    MusicAbsent "music-absent" "a held party gets no packets"
    MusicLate "music-late" "music on hold begins 3 s late"
    MusicQuiet "music-quiet" "music on hold is 40 dB below its level"
    MusicIsTone "music-is-tone" "a held party hears a steady tone instead of music"
    MusicStopsEarly "music-stops-early" "music on hold stops after 0.5 s"
    HoldUnsignalled "hold-unsignalled" "hold by a set is never told to the trunk and no music is played"
    HoldDropsCall "hold-drops-call" "hold by a set ends the call on the trunk"
    HoldOpensSecondDialog "hold-opens-second-dialog" "hold by a set opens one more call on the trunk"
    HoldSaysSendrecv "hold-says-sendrecv" "hold by a set is a re-INVITE that says sendrecv"
    ResumeMissing "resume-missing" "a resumed call stays sendonly on the trunk"
    ResumeWrongAddress "resume-wrong-address" "a resumed call names the media address of the box instead of the set's"
    ResumeLate "resume-late" "a resumed call is resumed on the trunk 4 s late"
    RefusesHoldFromFarEnd "refuses-hold-from-far-end" "a re-INVITE that holds is answered 488"
    RefusesReinvite "refuses-reinvite" "every re-INVITE from the trunk is answered 488"
    RefusesResumeFromFarEnd "refuses-resume-from-far-end" "a re-INVITE that ends a hold is answered 488"
    AnswersResumeInactive "answers-resume-inactive" "a re-INVITE that ends a hold is answered inactive"
    AnswersHoldSendrecv "answers-hold-sendrecv" "a re-INVITE that holds is answered sendrecv"
    DropsCallHeldByFarEnd "drops-call-held-by-far-end" "a call held by the far end is ended after 1 s"
    BothHoldDrops "both-hold-drops" "a call that both sides hold is ended when one of them resumes"
    // Basic calls.
    SlowPostDialDelay "slow-post-dial-delay" "an outgoing INVITE leaves 4 s after the last digit"
    NoTrying "no-trying" "an incoming INVITE gets no 100"
    LateRinging "late-ringing" "180 to the trunk is sent 5 s late"
    NoRinging "no-ringing" "180 is never sent to the trunk"
    NoRingingToSet "no-ringing-to-set" "180 is never passed to a calling set"
    SetCalledLate "set-called-late" "a set is called 5 s after the call came"
    LateAnswer "late-answer" "200 to the trunk is sent 3 s after the set went off-hook"
    LateBye "late-bye" "BYE is sent 3 s after on-hook"
    NoBye "no-bye" "a hung-up set sends no BYE to the trunk"
    NoCancel "no-cancel" "a set that gives up sends no CANCEL to the trunk"
    CancelOtherBranch "cancel-other-branch" "CANCEL has a branch of its own"
    CancelOtherCseq "cancel-other-cseq" "CANCEL has another CSeq number than its INVITE"
    CancelUnanswered "cancel-unanswered" "CANCEL from the trunk is discarded"
    No487 "no-487" "the INVITE that was cancelled gets no 487"
    RingsOnAfterCancel "rings-on-after-cancel" "a set goes on ringing after the far end has given up"
    StrayRtpAfterCancel "stray-rtp-after-cancel" "the box sends RTP for 5 s to a far end that has given up"
    WrongCalledNumber "wrong-called-number" "the last digit of a called number outside is lost"
    NationalFormat "national-format" "numbers go out in the national format instead of E.164"
    DropsAfter2s "drops-call-early" "an outside call is ended 2 s after it was answered"
    IgnoresRemoteBye "ignores-remote-bye" "a set is not released when the far end hangs up"
    IgnoresLaterBye "ignores-later-bye" "from the second call on, a set is not released when the far end hangs up"
    ByeUnanswered "bye-unanswered" "BYE from the trunk is discarded"
    NoByeRemoteSite "no-bye-remote-site" "a hung-up set of a remote site sends no BYE to the trunk"
    // Emergency.
    EmergencyPrefixed "emergency-prefixed" "an emergency number goes out with the outside prefix"
    EmergencyWithContext "emergency-with-context" "an emergency number goes out with a phone-context"
    EmergencyContextUnderClir "emergency-with-context-under-clir" "an emergency number after the prefix that hides the caller goes out with a phone-context"
    EmergencyBarred "emergency-barred" "an emergency number is refused with 403"
    EmergencyBarredWhenFull "emergency-barred-when-full" "an emergency call counts against the budget and is refused when it is full"
    EmergencyWithoutIdentity "emergency-without-identity" "an emergency call has no P-Asserted-Identity"
    EmergencyBlockedUnderClir "emergency-blocked-under-clir" "an emergency number after the prefix that hides the caller is refused"
    EmergencyAnonymousUnderClir "emergency-anonymous-under-clir" "an emergency call after the prefix that hides the caller has no P-Asserted-Identity"
    // Identity of the caller.
    PaiMissing "pai-missing" "outgoing calls have no P-Asserted-Identity"
    PaiInternalNumber "pai-internal-number" "P-Asserted-Identity carries the directory number instead of the public one"
    PaiMissingUnderClir "pai-missing-under-clir" "an outgoing call that hides the caller has no P-Asserted-Identity"
    ClirLeaksFrom "clir-leaks-from" "an outgoing call that hides the caller shows the number in From"
    ClirIgnored "clir-ignored" "the prefix that hides the caller changes nothing but the digits"
    PrivacyMissing "privacy-missing" "an outgoing call that hides the caller has no Privacy"
    PrivacyAlways "privacy-always" "every outgoing call has Privacy: id"
    WrongCallingNumber "wrong-calling-number" "From of outgoing calls shows the first user's number plus one"
    PrivateAddressLeak "private-address-leak" "outgoing calls carry a header with a private address"
    // Refusals.
    BusyAs500 "busy-as-500" "an incoming call to a busy set is answered 500"
    BusyRingsOn "busy-rings-on" "an incoming call to a busy set rings for ever without 486"
    BusySlow "busy-slow" "an incoming call to a busy set is refused after 4 s"
    UnknownDdiAs500 "unknown-ddi-as-500" "a call to an unknown public number is answered 500"
    UnknownDdiRings "unknown-ddi-rings" "a call to an unknown public number rings the first set"
    BusyToneLate "busy-tone-late" "a set whose call fails hears busy tone 3 s late"
    WrongFailureTone "wrong-failure-tone" "a set whose call fails hears ringback instead of busy tone"
    NoAckToError "no-ack-to-error" "a final error to an outgoing INVITE is not acknowledged"
    // Forwarding.
    ForwardIgnored "forward-ignored" "a forwarded set rings as if it were not"
    NoDiversion "no-diversion" "a forwarded call has no Diversion"
    WrongDivertingNumber "wrong-diverting-number" "Diversion names the caller instead of the set that diverted"
    WrongDiversionReason "wrong-diversion-reason" "Diversion says no-answer"
    ForwardWithoutMedia "forward-without-media" "the parties of a forwarded call are joined with wrong media ports"
    ForwardDropsOnAnswer "forward-drops-on-answer" "a forwarded call is ended when it is answered"
    ForwardNotReleased "forward-not-released" "the outgoing call of a forwarded one is not released with it"
    // Transfer.
    TransferRefused "transfer-refused" "REFER from a set is answered 603"
    NoConsultation "no-consultation" "a set that holds a call is refused a second one with 403"
    InternalWithoutMedia "internal-without-media" "descriptions between two sets name wrong ports"
    TransferWithoutMedia "transfer-without-media" "a transfer joins the dialogs and leaves the media where it was"
    TransferCrossesMedia "transfer-crosses-media" "a transfer tells each party its own media address"
    TransferDropsFarEnd "transfer-drops-far-end" "a transfer ends the call of the first party"
    TransferLate "transfer-late" "a transfer joins the media 4 s late"
    TransferThroughBox "transfer-through-box" "a transfer between two trunk calls keeps the media in the box"
    TransferLeavesMusic "transfer-leaves-music" "music goes on after a transfer"
    NoRingbackToTransferred "no-ringback-to-transferred" "a party transferred while the other rings hears music instead of ringback"
    NoRecall "no-recall" "a party whose transfer fails is left in the box"
    // On-net, budget.
    OnnetAnsweredInternally "onnet-answered-internally" "a public number of an own set is called internally, not through the trunk"
    OnnetReturnRefused "onnet-return-refused" "a call that shows an own public number as its caller is refused with 403"
    CacNotEnforced "cac-not-enforced" "calls beyond the budget are let through"
    BudgetOfOne "budget-of-one" "a second call on the trunk is refused"
    BudgetOfTwo "budget-of-two" "a third call on the trunk is refused"
    CacRefusalSlow "cac-refusal-slow" "a call beyond the budget is refused after 4 s"
    CacRefusal500 "cac-refusal-500" "an incoming call beyond the budget is refused with 500"
    CacDropsAnother "cac-drops-another" "a refused outgoing call ends the oldest call on the trunk"
    CacLeaks "cac-leaks" "after a refused call no further outgoing call is let through"
    // Long calls.
    RefreshMissing "refresh-missing" "the session is never refreshed by the box"
    NoSessionExpires "no-session-expires" "INVITE has no Session-Expires"
    TimerNotSupported "timer-not-supported" "INVITE does not list timer in Supported"
    RefreshDropsCall "refresh-drops-call" "the call is ended when the session is due for refresh"
    RefreshCutsAudio "refresh-cuts-audio" "the refresh of a session holds the far end for 2 s"
    // Digits.
    DigitsDoubled "digits-doubled" "each digit takes effect twice"
    DigitsLost "digits-lost" "every second digit has no effect"
    DigitsDeaf "digits-deaf" "digits have no effect"
    DigitsWrong "digits-wrong" "a digit takes the effect of the next one"
    DigitsShort "digits-short" "relayed digits last 20 ms"
    DigitsOneEnd "digits-one-end" "relayed digits have one packet with the end bit"
    DigitsInBandToo "digits-in-band-too" "relayed digits are in the audio as well"
    DigitsWrongType "digits-wrong-type" "relayed digits use payload type 99"
    PromptMissing "prompt-missing" "the attendant answers and plays nothing"
    PromptOnce "prompt-once" "only the first call to the attendant hears the prompt"
    AttendantOnce "attendant-once" "the attendant answers one call and no other"
    PromptSwitchesCodec "prompt-switches-codec" "the prompt changes to payload type 0 after half a second"
    AttendantUnanswered "attendant-unanswered" "the attendant never answers"
    // Spelling of SIP.
    RetransmitsNeedlessly "retransmits-needlessly" "every INVITE and BYE to the trunk is sent again after 0.6 s although it was answered"
    CseqStuck "cseq-stuck" "requests inside a dialog repeat the CSeq of the INVITE"
    CseqAt2To31 "cseq-at-2-31" "CSeq begins at 2^31"
    BranchWithoutCookie "branch-without-cookie" "branches do not begin with z9hG4bK"
    ContentLengthWrong "content-length-wrong" "Content-Length of a 200 to INVITE is 10 too small"
    MalformedContact "malformed-contact" "Contact of OPTIONS, of their answers, of 180 and of refusals has no closing bracket"
    NoToTag "no-to-tag" "refusals and answers to OPTIONS and CANCEL have no To tag"
}
