"""Who does the work: the same answers from everybody, dead workers replaced, units that hang given up."""

from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path

import pytest
from units_of_work import Unwelcome, dies, dies_once, hangs, raises_awkwardly, refused, squared

from gamesolve.base.errors import GamesolveError, PolicyFailedError
from gamesolve.base.executors import LocalProcesses, LostError, in_order, open_workers


@pytest.fixture(scope="module")
def processes():
    with open_workers(2) as workers:
        yield workers


@pytest.mark.parametrize("count", [1, 2])
def test_answers_come_in_the_order_of_the_questions_whoever_gives_them(count):
    with open_workers(count) as workers:
        assert list(in_order(workers, squared, [(x,) for x in range(20)])) == [x * x for x in range(20)]


def test_what_a_unit_raises_is_had_in_place_of_an_answer_as_it_was_raised(processes):
    first, error = in_order(processes, refused, [(1,), (2,)])
    for raised, words in ((first, "1 fails"), (error, "2 fails")):
        assert isinstance(raised, PolicyFailedError)
        assert (str(raised), raised.role) == (words, "defender")


def test_a_worker_that_dies_is_replaced_and_its_unit_done_again(processes, tmp_path):
    jobs = [(x, str(tmp_path / f"died-{x}")) for x in range(3)]
    assert list(in_order(processes, dies_once, jobs)) == [0, 1, 4]


def test_where_all_workers_die_at_once_all_is_done_again(processes, tmp_path):
    jobs = [(x, str(tmp_path / f"died-{x}")) for x in range(8)]
    for worker in multiprocessing.active_children():
        worker.kill()
    time.sleep(0.5)
    answers = in_order(processes, dies_once, jobs)
    assert list(answers) == [x * x for x in range(8)]


def test_a_unit_whose_workers_die_again_and_again_is_given_up_and_others_are_done(processes):
    gone = processes.submit(dies, 1)
    assert processes.submit(squared, 3).result() == 9
    with pytest.raises(LostError, match="3 processes that worked on it died"):
        gone.result()


def test_a_unit_that_hangs_is_given_up_and_others_are_done():
    workers = LocalProcesses(2, limit=2.0)
    try:
        hanging, other = workers.submit(hangs, 1), workers.submit(squared, 4)
        assert other.result() == 16
        with pytest.raises(LostError, match="had not returned after 2 s"):
            hanging.result()
        assert workers.submit(squared, 5).result() == 25
    finally:
        workers.shutdown()


def test_what_cannot_be_sent_is_an_error_and_no_wait(processes):
    with pytest.raises(GamesolveError, match="cannot be sent to another process"):
        processes.submit(lambda: 1).result(timeout=60)
    with pytest.raises(PolicyFailedError, match="'Unwelcome' fails"):
        processes.submit(squared, Unwelcome()).result(timeout=60)
    assert processes.submit(squared, 6).result() == 36


def test_who_stops_waiting_is_heard(processes):
    def pause():
        raise InterruptedError

    with pytest.raises(InterruptedError):
        list(in_order(processes, time.sleep, [(3.0,)], pause))


@pytest.mark.parametrize("words", ["0", "-1", "two", "2000", "http://host", ""])
def test_what_names_no_workers_is_refused_with_what_does(words):
    with pytest.raises(GamesolveError, match="a number of processes from 1 to 1,024, 'ray', or 'ray://host:port'"), open_workers(words):
        pass


@pytest.fixture(scope="module")
def ray_workers():
    pytest.importorskip("ray")
    before = os.environ.get("PYTHONPATH")
    # Ray's workers are no children of this process, and know only what the environment says of where tests are.
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), *([before] if before else [])])
    try:
        with open_workers("ray") as workers:
            yield workers
    finally:
        os.environ.pop("PYTHONPATH") if before is None else os.environ.update(PYTHONPATH=before)


@pytest.mark.xdist_group("ray")
def test_rays_workers_answer_as_others_do_and_are_replaced_when_they_die(ray_workers, tmp_path):
    jobs = [(x, str(tmp_path / f"died-{x}")) for x in range(2)]
    assert list(in_order(ray_workers, dies_once, jobs)) == [0, 1]
    (error,) = in_order(ray_workers, refused, [(1,)])
    assert isinstance(error, PolicyFailedError)
    assert (str(error), error.role) == ("1 fails", "defender")


def test_an_error_that_cannot_be_sent_back_is_told_in_words(processes):
    with pytest.raises(GamesolveError, match="Awkward: one two"):
        processes.submit(raises_awkwardly).result(timeout=60)


def test_the_end_does_not_wait_for_a_unit_whose_process_has_just_begun():
    workers = LocalProcesses(1)
    begun, slow = time.monotonic(), workers.submit(time.sleep, 60.0)
    workers.shutdown()
    assert time.monotonic() - begun < 30.0
    assert slow.cancelled() or slow.exception() is not None
