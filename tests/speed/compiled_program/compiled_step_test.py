from compiled_program.compiled_step import refusal


def test_what_does_not_fit_is_said_with_both_figures():
    message = (
        "RESOURCE_EXHAUSTED: XLA:TPU compile permanent error. Ran out of memory in memory space hbm. "
        "Used 29.73G of 15.75G hbm. Exceeded hbm capacity by 13.98G.\n\nTotal hbm usage >= 29.98G:"
    )
    assert refusal(message) == "does not fit: the compiler needs 29.73 GiB on each device, and 15.75 GiB are usable"


def test_what_is_refused_before_it_is_scheduled_too():
    message = (
        "RESOURCE_EXHAUSTED: Ran out of memory on HBM, the total memory required for HLO temporaries (512.00G) exceeds "
        "available HBM (30.75G)."
    )
    assert refusal(message) == "does not fit: the compiler needs 512.00 GiB on each device, and 30.75 GiB are usable"


def test_another_refusal_keeps_its_first_line():
    assert refusal("INTERNAL: Mosaic failed\nmore") == "the compiler refuses the program: INTERNAL: Mosaic failed"
