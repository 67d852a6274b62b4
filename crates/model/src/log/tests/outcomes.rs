//! Outcomes: the agent works, the grader looks, the agent mends.

use super::*;
use crate::event::Grade;
use crate::log::ops::GoOnEvaluating;
use crate::log::outcome::{MAX_OUTCOMES, Stage};

impl Room {
    /// An outcome is defined, and the agent says that it has brought it about.
    fn work_towards(&mut self, max_iterations: u8) -> Claimed {
        self.send(&[outcome(max_iterations)]).unwrap();
        let claim = self.take().unwrap();
        self.say_done(claim);
        claim
    }

    fn say_done(&mut self, claim: Claimed) {
        let speech = self.speech("done");
        assert_eq!(self.answer(claim, &[speech]), Step::Again);
    }

    fn result(&self) -> &'static str {
        self.log().fold.outcome().unwrap().result()
    }
}

#[test]
fn an_outcome_sets_the_agent_to_work_and_its_work_is_graded() {
    let mut room = Room::hosted();
    let defined = room.send(&[outcome(3)]).unwrap();
    assert!(defined[0].place.is_some(), "it is taken in at once");
    assert_eq!(room.told(0), ["running", "thread running", "user.define_outcome"]);
    assert_eq!(room.result(), "pending");
    assert_eq!(room.work().len(), 1, "a worker is called");
    let claim = room.take().unwrap();
    let start = room.ask(claim);
    assert_eq!(room.result(), "running");
    let speech = room.speech("done");
    assert_eq!(room.conclude(claim, start, answered(&[speech])), Ok(Step::Again));
    let start = room.be_graded(claim);
    assert_eq!(room.result(), "evaluating");
    assert_eq!(room.grade(claim, start, Verdict::Satisfied), Ok(Step::Over));
    assert_eq!(
        room.told(6),
        [
            "span.outcome_evaluation_start",
            "span.outcome_evaluation_end",
            "usage",
            "thread idle",
            "idle EndTurn"
        ]
    );
    let log = room.log();
    let done = log.fold.outcome().unwrap();
    assert_eq!((done.result(), done.iteration), ("satisfied", 0));
    assert_eq!(done.explanation.as_deref(), Some("because"));
    assert!(done.completed_at.is_some());
}

#[test]
fn what_is_wanting_goes_back_to_the_agent() {
    let mut room = Room::hosted();
    let claim = room.work_towards(3);
    let start = room.be_graded(claim);
    assert_eq!(room.grade(claim, start, Verdict::NeedsRevision), Ok(Step::Again));
    assert_eq!(room.result(), "running");
    room.say_done(claim);
    let again = room.be_graded(claim);
    let Kind::OutcomeEvaluationStart { iteration, .. } = room.event(again) else { panic!() };
    assert_eq!(iteration, 1);
    assert_eq!(room.grade(claim, again, Verdict::Satisfied), Ok(Step::Over));
}

#[test]
fn after_the_last_evaluation_the_agent_has_the_last_word() {
    let mut room = Room::hosted();
    let claim = room.work_towards(1);
    let start = room.be_graded(claim);
    assert_eq!(room.grade(claim, start, Verdict::NeedsRevision), Ok(Step::Again));
    assert_eq!(room.result(), "max_iterations_reached");
    assert!(!room.log().fold.outcome().unwrap().is_live());
    let start = room.ask(claim);
    let speech = room.speech("so much for that");
    assert_eq!(room.conclude(claim, start, answered(&[speech])), Ok(Step::Over));
    assert_eq!(room.status(), Status::Idle);
}

#[test]
fn a_rubric_that_does_not_fit_ends_the_outcome() {
    let mut room = Room::hosted();
    let claim = room.work_towards(3);
    let start = room.be_graded(claim);
    assert_eq!(room.grade(claim, start, Verdict::Failed), Ok(Step::Over));
    assert_eq!(room.result(), "failed");
}

#[test]
fn one_outcome_at_a_time() {
    let mut room = Room::hosted();
    assert!(room.send(&[outcome(3), outcome(3)]).is_err());
    assert_eq!(room.told(0), [""; 0]);
    room.send(&[outcome(3)]).unwrap();
    let before = room.log();
    assert!(room.send(&[message("and"), outcome(3)]).is_err());
    assert_eq!(room.log(), before);
    room.send(&[Incoming::Interrupt, outcome(3)]).unwrap();
    let results: Vec<_> = room.log().fold.outcomes.iter().map(|o| o.result()).collect();
    assert_eq!(results, ["interrupted", "pending"]);
}

#[test]
fn a_session_takes_so_many_outcomes_and_no_more() {
    let mut room = Room::hosted();
    for _ in 0..MAX_OUTCOMES {
        room.send(&[outcome(3), Incoming::Interrupt]).unwrap();
    }
    assert!(room.send(&[outcome(3)]).is_err());
}

#[test]
fn an_interrupt_ends_the_evaluation_and_the_outcome() {
    let mut room = Room::hosted();
    let claim = room.work_towards(3);
    let start = room.be_graded(claim);
    room.send(&[Incoming::Interrupt]).unwrap();
    let Some(Kind::OutcomeEvaluationEnd { grade, .. }) =
        room.events().get(7).map(|event| event.kind.clone())
    else {
        panic!("{:?}", room.told(0))
    };
    assert_eq!(grade, Grade::Interrupted);
    assert_eq!(room.told(8), ["user.interrupt", "thread idle", "idle Cancelled"]);
    assert_eq!(room.result(), "interrupted");
    assert_eq!(room.grade(claim, start, Verdict::Satisfied), Err(Refusal::ClaimOver));
}

#[test]
fn an_interrupt_ends_the_outcome_of_a_session_that_rests() {
    let mut room = Room::hosted();
    room.send(&[outcome(3)]).unwrap();
    let claim = room.take().unwrap();
    let start = room.ask(claim);
    room.conclude(claim, start, failed(Cure::NewTurn)).unwrap();
    assert_eq!((room.status(), room.result()), (Status::Idle, "running"));
    room.send(&[Incoming::Interrupt]).unwrap();
    assert_eq!(room.result(), "interrupted");
}

#[test]
fn an_outcome_waits_for_open_calls_like_everything_else() {
    let mut room = Room::hosted();
    room.say("go");
    let call = room.call("bash", Permission::Allow);
    room.turn(std::slice::from_ref(&call));
    room.send(&[outcome(3)]).unwrap();
    assert_eq!(room.status(), Status::Idle);
    room.send(&[result_of(call.id, "out")]).unwrap();
    assert_eq!(room.status(), Status::Running);
    let claim = room.take().unwrap();
    room.say_done(claim);
    let _ = room.be_graded(claim);
}

#[test]
fn a_message_comes_before_the_grader() {
    let mut room = Room::hosted();
    room.send(&[outcome(3)]).unwrap();
    let claim = room.take().unwrap();
    let start = room.ask(claim);
    room.say("by the way");
    let speech = room.speech("done");
    assert_eq!(room.conclude(claim, start, answered(&[speech])), Ok(Step::Again));
    let _ = room.ask(claim);
}

#[test]
fn an_agent_that_is_at_work_is_told_the_outcome_with_its_next_request() {
    let mut room = Room::hosted();
    room.say("go");
    let claim = room.take().unwrap();
    let start = room.ask(claim);
    room.send(&[outcome(3)]).unwrap();
    let speech = room.speech("done with what I knew");
    assert_eq!(room.conclude(claim, start, answered(&[speech])), Ok(Step::Again));
    assert_eq!(room.result(), "pending");
    let _ = room.ask(claim);
    assert_eq!(room.result(), "running");
}

#[test]
fn a_grader_that_fails_is_asked_again_under_the_same_evaluation() {
    let mut room = Room::hosted();
    let claim = room.work_towards(3);
    let start = room.be_graded(claim);
    let step = room.fail_to_grade(claim, start, Cure::Retry(None)).unwrap();
    assert!(matches!(step, Step::Wait(_)), "{step:?}");
    assert_eq!(room.status(), Status::Rescheduling);
    assert_eq!(room.be_graded(claim), start);
    assert_eq!(room.grade(claim, start, Verdict::Satisfied), Ok(Step::Over));
    let Some(Kind::OutcomeEvaluationEnd { usage, .. }) =
        room.events().into_iter().map(|e| e.kind).rfind(|k| k.as_str().ends_with("evaluation_end"))
    else {
        panic!("{:?}", room.told(0))
    };
    assert_eq!(usage.input_tokens, 11, "one of the failure, ten of the verdict");
    assert_eq!(room.log().fold.usage.input_tokens, 11);
}

#[test]
fn a_grader_without_hope_ends_the_outcome_but_not_the_session() {
    let mut room = Room::hosted();
    let claim = room.work_towards(3);
    let start = room.be_graded(claim);
    assert_eq!(room.fail_to_grade(claim, start, Cure::None), Ok(Step::Over));
    assert_eq!((room.status(), room.result()), (Status::Idle, "failed"));
    assert_eq!(room.log().fold.stop, Some(StopReason::RetriesExhausted));
}

#[test]
fn a_runner_that_dies_while_it_is_graded_is_replaced() {
    let mut room = Room::hosted();
    let claim = room.work_towards(3);
    let start = room.be_graded(claim);
    room.wait(Duration::from_secs(10));
    let other = room.take().unwrap();
    assert_eq!(room.be_graded(other), start, "the evaluation goes on");
    assert_eq!(room.grade(claim, start, Verdict::Satisfied), Err(Refusal::ClaimOver));
    assert_eq!(room.grade(other, start, Verdict::Satisfied), Ok(Step::Over));
}

#[test]
fn signs_of_life_are_given_for_the_open_evaluation_alone() {
    let mut room = Room::hosted();
    let claim = room.work_towards(3);
    let start = room.be_graded(claim);
    let session = room.session.id;
    let sign = GoOnEvaluating { session, claim, start };
    room.decide(&sign).unwrap();
    assert_eq!(room.told(7), ["span.outcome_evaluation_ongoing"]);
    assert!(matches!(room.log().fold.outcome().unwrap().stage, Stage::Evaluating { .. }));
    let other = room.id();
    assert_eq!(room.decide(&GoOnEvaluating { start: other, ..sign }), Err(Refusal::ClaimOver));
}

#[test]
fn a_budget_that_is_spent_stops_before_the_grader() {
    let mut room = Room::hosted();
    room.session.budget = Some(Budget { hundredths: 1 });
    room.rows.sessions.put(room.session.id, room.session.clone());
    room.send(&[outcome(3)]).unwrap();
    let claim = room.take().unwrap();
    let start = room.ask(claim);
    let speech = room.speech("done");
    let usage = Usage { cost_nanos: 10_000_000, ..Usage::default() };
    let dear = Outcome::Answered { said: vec![speech], refusal: None, usage };
    assert_eq!(room.conclude(claim, start, dear), Ok(Step::Again));
    assert_eq!(room.proceed(claim), Ok(Step::Over));
    assert_eq!(room.told(6), ["usage", "thread idle", "idle BudgetReached"]);
    let Some(Kind::SessionUsage { budget, .. }) = room.events().get(6).map(|e| e.kind.clone())
    else {
        panic!("{:?}", room.told(0))
    };
    assert_eq!(budget, room.session.budget);
    assert!(room.send(&[Incoming::Interrupt, outcome(3)]).is_err(), "it costs");
}
