from napari_fcnseg.events import Event, Note, Steps
from napari_fcnseg.progress import follow


def test_what_turns_up_while_a_job_runs_is_told(capsys):
    def run():
        yield Note("memory ran out with 8 patches")

    events = list(follow(Steps[Event](run())))
    assert events == [Note("memory ran out with 8 patches")]
    printed = capsys.readouterr()
    assert "note: memory ran out with 8 patches\n" in printed.err
    assert not printed.out
