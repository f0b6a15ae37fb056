//! Opt-in token: a sign-up that is confirmed by a one-time password, once, and within an hour.

use std::time::Duration;

use eskit::Timestamp;
use eskit::prelude::*;
use eskit::testing::given;

const VALID: Duration = Duration::from_secs(60 * 60);

#[derive(Event, Serialize, Deserialize)]
#[event(context = "dcb.sign_up")]
struct SignUpInitiated {
    #[tag]
    email: String,
    #[tag]
    otp: String,
    name: String,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "dcb.sign_up")]
struct SignUpConfirmed {
    #[tag]
    email: String,
    #[tag]
    otp: String,
    name: String,
}

/// What is pending for an address under a password.
#[aggregate(tag("email", "otp"))]
#[derive(Default)]
struct SignUp {
    pending: Option<(String, Timestamp)>,
    confirmed: bool,
}

#[derive(Debug, PartialEq)]
enum SignUpError {
    NotPending,
    Used,
    Expired,
}

#[derive(Command)]
struct ConfirmSignUp {
    #[tag]
    email: String,
    #[tag]
    otp: String,
    now: Timestamp,
}

#[decider]
impl SignUp {
    #[evolve]
    fn initiated(&mut self, event: &SignUpInitiated, recorded: &RecordedEvent) {
        self.pending = Some((event.name.clone(), recorded.recorded_at));
    }

    #[evolve]
    fn confirmed(&mut self, _: &SignUpConfirmed) {
        self.confirmed = true;
    }

    #[decide]
    fn confirm(&self, command: &ConfirmSignUp) -> Result<SignUpConfirmed, SignUpError> {
        let Some((name, since)) = &self.pending else { return Err(SignUpError::NotPending) };
        if self.confirmed {
            return Err(SignUpError::Used);
        }
        if command.now > *since + VALID {
            return Err(SignUpError::Expired);
        }
        Ok(SignUpConfirmed { email: command.email.clone(), otp: command.otp.clone(), name: name.clone() })
    }
}

/// A sign-up is started whatever happened before: the decider needs no model.
#[derive(Command)]
struct InitiateSignUp {
    email: String,
    otp: String,
    name: String,
}

#[decider(no_models)]
fn initiate(command: &InitiateSignUp) -> SignUpInitiated {
    SignUpInitiated { email: command.email.clone(), otp: command.otp.clone(), name: command.name.clone() }
}

#[test]
fn a_password_serves_once_and_for_an_hour() {
    let (email, otp, name) = ("ada@example.org", "1234", "Ada");
    let now = Timestamp::now();
    let minutes_ago = |minutes: u64| now - Duration::from_secs(60 * minutes);
    let initiated = || SignUpInitiated { email: email.into(), otp: otp.into(), name: name.into() };
    let confirmed = || SignUpConfirmed { email: email.into(), otp: otp.into(), name: name.into() };
    let confirm = |otp: &str| ConfirmSignUp { email: email.into(), otp: otp.into(), now };

    given(()).when(InitiateSignUp { email: email.into(), otp: otp.into(), name: name.into() }).then(initiated());
    given(initiated()).at(minutes_ago(59)).when(confirm(otp)).then(confirmed());
    given(initiated()).at(minutes_ago(61)).when(confirm(otp)).then_error(SignUpError::Expired);
    given(initiated()).at(minutes_ago(5)).when(confirm("4321")).then_error(SignUpError::NotPending);
    given(initiated()).at(minutes_ago(5)).and(confirmed()).when(confirm(otp)).then_error(SignUpError::Used);
}
