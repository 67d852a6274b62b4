//! A runner dies at every boundary between two steps: whoever takes the turn up brings it to the
//! same end, with no call made twice and none lost.

use super::*;

/// What the model answers to its first, second and third request.
fn answers(room: &mut Room) -> [Vec<Said>; 3] {
    let calls = [("mcp", Permission::Allow), ("bash", Permission::Allow)]
        .map(|(tool, permission)| room.call(tool, permission));
    let speeches = ["done", "mended"].map(|words| vec![room.speech(words)]);
    let [done, mended] = speeches;
    [calls.to_vec(), done, mended]
}

/// Plays the session to its end. The runner that does step `dies_at` dies right after it; how many
/// steps there were is the answer.
fn play(room: &mut Room, dies_at: Option<usize>) -> usize {
    room.send(&[message("go"), outcome(2)]).unwrap();
    let answers = answers(room);
    let mut verdicts = [Verdict::NeedsRevision, Verdict::Satisfied].into_iter();
    let mut steps = 0;
    let mut asked = 0;
    while room.log().fold.stop != Some(StopReason::EndTurn) {
        for call in room.log().fold.calls.clone() {
            if call.family == crate::log::Family::Worker && call.blocks() {
                room.send(&[result_of(call.id, "out")]).unwrap();
            }
        }
        let claim = room.take().expect("the turn can be taken");
        steps += 1;
        if dies_at == Some(steps) {
            room.wait(Duration::from_secs(10));
            continue;
        }
        let mut next = room.proceed(claim).unwrap();
        loop {
            steps += 1;
            if dies_at == Some(steps) {
                room.wait(Duration::from_secs(10));
                break;
            }
            next = match next {
                Step::Ask { start, .. } => {
                    let said = answers[asked].clone();
                    let step = room.conclude(claim, start, answered(&said)).unwrap();
                    asked += 1;
                    step
                }
                Step::Grade { start, .. } => {
                    let verdict = verdicts.next().expect("it is graded twice");
                    room.grade(claim, start, verdict).unwrap()
                }
                Step::CarryOut(calls) => room.hand_in(claim, &calls).unwrap(),
                Step::Again => room.proceed(claim).unwrap(),
                Step::Over => break,
                Step::Wait(_) => panic!("nothing failed"),
            };
        }
        assert!(steps < 50, "no end in sight");
    }
    steps
}

#[test]
fn a_turn_survives_the_death_of_its_runner_at_every_boundary() {
    let undisturbed = {
        let mut room = Room::hosted();
        play(&mut room, None)
    };
    assert!(undisturbed >= 14, "{undisturbed} boundaries");
    for dies_at in 1..=undisturbed {
        let mut room = Room::hosted();
        play(&mut room, Some(dies_at));
        let events = room.events();
        let count = |word: &str| events.iter().filter(|e| e.kind.as_str() == word).count();
        assert_eq!(count("agent.mcp_tool_use"), 1, "death at {dies_at}");
        assert_eq!(count("agent.tool_use"), 1, "death at {dies_at}");
        assert_eq!(count("agent.mcp_tool_result"), 1, "death at {dies_at}");
        assert_eq!(count("user.tool_result"), 1, "death at {dies_at}");
        assert_eq!(count("agent.message"), 2, "death at {dies_at}");
        assert_eq!(count("span.outcome_evaluation_end"), 2, "death at {dies_at}");
        for span in ["span.model_request", "span.outcome_evaluation"] {
            let ends = [format!("{span}_start"), format!("{span}_end")].map(|end| count(&end));
            assert_eq!(ends[0], ends[1], "death at {dies_at}");
        }
    }
}

#[test]
fn a_call_that_the_server_had_begun_is_not_begun_again() {
    let mut room = Room::hosted();
    room.say("go");
    let claim = room.take().unwrap();
    let call = room.call("mcp", Permission::Allow);
    room.answer(claim, std::slice::from_ref(&call));
    assert_eq!(room.proceed(claim).unwrap(), Step::CarryOut(vec![call.id]));
    room.wait(Duration::from_secs(10));

    let other = room.take().unwrap();
    let _ = room.ask(other);
    let events = room.events();
    let answered = events.iter().find(|event| event.kind.as_str() == "agent.mcp_tool_result");
    let Some(Kind::AgentMcpToolResult(answer)) = answered.map(|event| &event.kind) else {
        panic!("it was not answered for the runner that died")
    };
    assert_eq!((answer.call, answer.is_error), (call.id, Some(true)));
}
