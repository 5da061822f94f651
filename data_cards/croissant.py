"""`croissant.json`: the dataset as machines read it (Croissant 1.1, with its responsible-AI part).

It names every file with its size and hash and every column with its type, so that rows can be read through it from
the files beside it. Like the card it is made from the rows and files alone, and checked by making it again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from verimill.data_cards import licences, statements
from verimill.data_cards.figures import Figures
from verimill.data_cards.markdown import NOT_MEASURED, count
from verimill.schemas.rows import COLUMNS

NAME = "croissant.json"
CONFORMS = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
_TYPES = {"string": "sc:Text", "word": "sc:Text", "bool": "sc:Boolean", "int8": "cr:Int8", "int32": "cr:Int32"}
_PARQUET = "application/x-parquet"
# The vocabulary of the format: which short name stands for which address.
_TERMS = (
    "citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject", "fileSet", "format",
    "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex",
    "repeated", "replace", "samplingRate", "separator", "source", "subField", "transform",
)  # fmt: skip
CONTEXT: dict[str, Any] = {
    "@language": "en", "@vocab": "https://schema.org/", "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/", "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/", "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"}, "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"}, **{term: f"cr:{term}" for term in _TERMS},
}  # fmt: skip


def croissant(figures: Figures, title: str, recipe: Mapping[str, Any], overlap: str) -> str:
    """The file's text; `overlap` is the sentence on benchmarks."""
    tables = [table for table in ("problems", "traces") if figures.of(table)]
    data = {
        "@context": CONTEXT, "@type": "sc:Dataset", "conformsTo": CONFORMS, "name": title,
        "description": _description(figures), "license": _address(licences.of_hub(recipe, figures.teachers)),
        "version": max(figures.versions), "inLanguage": sorted(figures.languages),
        "keywords": ["synthetic", "reasoning", "verifiable", *figures.families],
        "citeAs": f"{title}, made with verimill {max(figures.versions)}.",
        **_responsible(figures, overlap),
        "distribution": [*_files(figures), *(_set(figures, table) for table in tables)],
        "recordSet": [_records(table) for table in tables],
    }  # fmt: skip
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _description(figures: Figures) -> str:
    return (
        f"{count(figures.problems)} reasoning problems of {len(figures.families)} families and "
        f"{count(sum(figures.trace_rows.values()))} traces. {statements.COLLECTION}"
    )


def _address(licence: str) -> str:
    """The licence as an address where there is a usual one, else its name."""
    known = {"apache-2.0": "Apache-2.0", "mit": "MIT", "cc-by-4.0": "CC-BY-4.0", "cc0-1.0": "CC0-1.0",
             "cc-by-sa-4.0": "CC-BY-SA-4.0", "odc-by": "ODC-By-1.0"}  # fmt: skip
    return f"https://spdx.org/licenses/{known[licence]}.html" if licence in known else licence


def _responsible(figures: Figures, overlap: str) -> dict[str, Any]:
    """The responsible-AI part: what was done, by what, and what it is not good for."""
    seconds = sorted({method for method, _ in figures.recounts})
    removed = sum(n for (_, reason), n in figures.dropped.items() if reason == "duplicate")
    recounted = f"{count(sum(figures.recounts.values()))} problems were solved again by a second solver"
    return {
        "rai:dataCollection": statements.COLLECTION,
        "rai:dataCollectionType": ["Software Collection"],
        "rai:dataCollectionRawData": "There is none: problems begin as seeds.",
        "rai:dataPreprocessingProtocol": [
            f"{count(removed)} problems equal to another one up to symmetry were removed, across all splits.",
            overlap,
        ],
        "rai:dataAnnotationProtocol": [
            statements.ANNOTATION,
            f"The judge found the stored answer right in {count(figures.right)} of {count(figures.problems)} problems; "
            f"{recounted if seconds else 'a second solver: ' + NOT_MEASURED}.",
        ],
        "rai:machineAnnotationTools": [f"verimill {version}" for version in sorted(figures.verifiers)] + seconds,
        "rai:dataUseCases": list(statements.USES),
        "rai:dataLimitations": list(statements.NOT_FOR),
        "rai:dataBiases": [
            f"Prompts have a fixed set of wordings and layouts; languages: {', '.join(sorted(figures.languages))}.",
            "Hardness is that of our own solvers, not of people or models.",
        ],
        "rai:dataSocialImpact": statements.SOCIAL,
        "rai:personalSensitiveInformation": [statements.PEOPLE],
        "rai:dataReleaseMaintenancePlan": statements.CARE,
    }


def _files(figures: Figures) -> list[dict[str, Any]]:
    return [
        {"@type": "cr:FileObject", "@id": file.name, "name": file.name, "contentUrl": file.name,
         "contentSize": f"{file.bytes} B", "encodingFormat": _PARQUET, "sha256": file.sha256}
        for file in figures.files
    ]  # fmt: skip


def _set(figures: Figures, table: str) -> dict[str, Any]:
    folders = sorted({file.name.rpartition("/")[0] for file in figures.of(table)})
    rows = sum(file.rows for file in figures.of(table))
    return {
        "@type": "cr:FileSet", "@id": f"{table}-files", "name": f"{table}-files", "encodingFormat": _PARQUET,
        "description": f"{count(len(figures.of(table)))} files, {count(rows)} rows.",
        "includes": [f"{folder}/*.parquet" if folder else "*.parquet" for folder in folders],
    }  # fmt: skip


def _records(table: str) -> dict[str, Any]:
    fields = [_field(table, name, kind, told) for name, kind, _, told in COLUMNS[table]]
    return {"@type": "cr:RecordSet", "@id": table, "name": table, "key": {"@id": f"{table}/id"}, "field": fields}


def _field(table: str, name: str, kind: str, told: str) -> dict[str, Any]:
    place = f"{table}/{name}"
    field = {"@type": "cr:Field", "@id": place, "name": name, "description": told}
    source = {"fileSet": {"@id": f"{table}-files"}, "extract": {"column": name}}
    if kind != "messages":
        return field | {"dataType": _TYPES[kind], "source": source}
    parts = [
        {"@type": "cr:Field", "@id": f"{place}/{part}", "name": part, "dataType": "sc:Text",
         "source": {**source, "transform": {"jsonPath": part}}}
        for part in ("role", "content")
    ]  # fmt: skip
    return field | {"repeated": True, "subField": parts}
