"""`report.html`, `report.docx` and `report.pdf` from one structure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from geoplan.disclosure.public_edition import refuse_internal
from geoplan.outputs.report.compose import compose
from geoplan.outputs.report.html import write_html
from geoplan.outputs.report.word.pdf import pdf_begun
from geoplan.outputs.report.word.write_docx import write_docx
from geoplan.results import RunResults
from geoplan.words.speaker import Speaker


def write_report(
    results: RunResults,
    folder: str | Path,
    *,
    lang: str | None = None,
    audience: str | None = None,
) -> tuple[Path, ...]:
    """Write ``report.html`` (one file, pictures and maps inside) and ``report.docx``.

    Where LibreOffice is installed ``report.pdf`` is made from the Word file; the environment
    variable ``GEOPLAN_SOFFICE`` names its program (empty: no PDF), ``[report] pdf = false`` leaves
    it out.

    Parameters
    ----------
    results : a run's results; for the public, their public edition.
    folder : the run's folder, made where it is missing; pictures are taken from ``figures/``,
        interactive maps from ``maps/``, as far as they are there.
    lang : ``"zh"`` or ``"en"``; None = the study's.
    audience : ``"public"`` refuses results that are not the public edition.

    Returns
    -------
    tuple of Path
        The page, the Word file, and the PDF if there is one.

    Raises
    ------
    UsageError
        As said under `audience`; the template that the study names is no Word document.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> study = example_study()
    >>> page, book, *pdf = write_report(study.run().results, study.folder / "out")
    >>> page.name, book.name
    ('report.html', 'report.docx')
    """
    with report_begun(results, folder, lang=lang, audience=audience) as finished:
        return finished()


@contextmanager
def report_begun(
    results: RunResults,
    folder: str | Path,
    *,
    lang: str | None = None,
    audience: str | None = None,
) -> Iterator[Callable[[], tuple[Path, ...]]]:
    """``report.docx`` written, the PDF under way: other outputs can be written meanwhile.

    Parameters
    ----------
    results : of a run, or its public edition.
    folder : where the report is written; its ``figures`` must be there.
    lang : ``"zh"`` or ``"en"``; default the study's.
    audience : what `results` must be an edition for; None: not checked.

    Returns
    -------
    context manager
        It gives a function that writes ``report.html``, for which the ``maps`` must be there, waits
        for the PDF and returns what `write_report` returns.

    Raises
    ------
    UsageError
        Internal results are to be written for the public.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> study = example_study()
    >>> with report_begun(study.run().results, study.folder / "out") as finished:
    ...     [path.name for path in finished()][:2]
    ['report.html', 'report.docx']
    """
    refuse_internal(results, audience)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    document = compose(results, Speaker(lang or results.info.lang))
    figures = target / "figures"
    book = write_docx(document, target / "report.docx", figures=figures)
    with pdf_begun(book) if results.info.report.pdf else nullcontext(lambda: None) as pdf_made:

        def finished() -> tuple[Path, ...]:
            page = write_html(
                document, target / "report.html", figures=figures, maps=target / "maps"
            )
            pdf = pdf_made()
            return (page, book) if pdf is None else (page, book, pdf)

        yield finished
