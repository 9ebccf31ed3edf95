"""The page of figures is made from them."""

from bench import report


def test_the_page_is_made_from_the_newest_results():
    assert report.PAGE.read_text("utf-8") == report.page(report.newest()), "run `python -m bench --page`"
