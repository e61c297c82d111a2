"""The plan of the house, held: who may import whom, what is documented, declared and how long."""

import ast
import dataclasses
import importlib
import inspect
import itertools
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("tokenizer", "data", "model", "train")

# Which siblings a package may import.
ARROWS = {"tokenizer": set(), "data": {"agront_tokenizer"}, "model": set(), "train": set()}

# Imported by those who installed an extra: inside a function, or in a room that is for them alone.
EXTRAS = {
    "tokenizer": set(),
    "data": {"pyBigWig", "pyarrow", "pysam", "scipy", "sklearn", "zarr"},
    "model": {"huggingface_hub", "orbax", "torch"},
    "train": {"wandb"},
}
ROOMS_OF_EXTRAS = {
    "agront_data.linear_models": {"sklearn"},
    "agront_data.metrics": {"scipy", "sklearn"},
    "agront_data.tables": {"pyarrow", "zarr"},
    "agront_data.variant_files": {"pysam"},
}
OPTIONAL_IN_TOOLS = {"umap-learn"}

# Distributions whose name is not that of what one imports.
DISTRIBUTION_OF = {"sklearn": "scikit-learn", "haiku": "dm-haiku", "orbax": "orbax-checkpoint", "umap": "umap-learn"}


def sources(package):
    return sorted((ROOT / "packages" / package / "src").rglob("*.py"))


def imports(file):
    """Top-level names of the modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: import siblings by their full name"
            yield node.module.partition(".")[0]


def imported_by(package):
    return {name for file in sources(package) for name in imports(file)}


def third_party(package):
    own = f"agront_{package}"
    return {name for name in imported_by(package) if name not in sys.stdlib_module_names and name != own}


def normalised(name):
    return re.sub("[-_.]+", "-", name).lower()


def distribution(requirement):
    return normalised(re.match(r"[A-Za-z0-9._-]+", requirement)[0])


def project(folder):
    return tomllib.loads((folder / "pyproject.toml").read_text())


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_the_siblings_that_the_plan_allows(package):
    assert sources(package)
    siblings = {name for name in imported_by(package) if name.startswith("agront_")} - {f"agront_{package}"}
    assert siblings <= ARROWS[package]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_package_imports_a_tool(package):
    tools = {path.stem for path in (ROOT / "tools").iterdir()}
    assert not imported_by(package) & tools


@pytest.mark.parametrize("package", ["tokenizer", "data"])
def test_what_runs_on_the_host_alone_does_not_import_jax(package):
    assert not imported_by(package) & {"jax", "jaxlib", "haiku", "optax", "torch"}


def room_of(file):
    """The folder of a source file as one imports it, such as `agront_data.tables`."""
    parts = file.relative_to(ROOT / "packages").parts
    return ".".join(parts[2:-1])


@pytest.mark.parametrize("package", PACKAGES)
def test_no_package_imports_an_extra_at_its_top_level(package):
    for file in sources(package):
        extras = (EXTRAS[package] | {"transformers"}) - ROOMS_OF_EXTRAS.get(room_of(file), set())
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
                assert not {name.partition(".")[0] for name in names} & extras, file


@pytest.mark.parametrize("room", ROOMS_OF_EXTRAS)
def test_only_its_room_imports_an_extra_and_nothing_of_its_package_imports_the_room(room):
    package = room.partition(".")[0].removeprefix("agront_")
    outside = [file for file in sources(package) if room_of(file) != room]
    assert 0 < len(outside) < len(sources(package))
    for file in outside:
        assert not set(imports(file)) & ROOMS_OF_EXTRAS[room] - ROOMS_OF_EXTRAS.get(room_of(file), set()), file
        assert not [name for name in modules_imported(file.read_text()) if f"{name}.".startswith(f"{room}.")], file


@pytest.mark.parametrize("room", ROOMS_OF_EXTRAS)
def test_the_extra_of_a_room_is_what_it_imports_and_its_tests_need_it(room):
    package, _, name = room.removeprefix("agront_").partition(".")
    extras = project(ROOT / "packages" / package)["project"]["optional-dependencies"]
    needed = {DISTRIBUTION_OF.get(module, module) for module in ROOMS_OF_EXTRAS[room]}
    assert {distribution(entry) for entry in extras[name]} == needed
    assert set(extras[name]) <= set(extras["test"])


def names_in_code(file):
    """Every identifier of a file, not its comments and docstrings."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.name for alias in node.names)


def test_one_file_of_training_and_one_of_inference_name_pmap():
    files = [*(ROOT / "packages").rglob("*.py"), *(ROOT / "tools").rglob("*.py")]
    naming = [file.relative_to(ROOT).as_posix() for file in files if "pmap" in set(names_in_code(file))]
    assert sorted(naming) == [
        "packages/model/src/agront_model/inference/devices.py",
        "packages/train/src/agront_train/devices/replication.py",
    ]


# Where modules have dotted names of their own: the sources of each package, and the tools.
SOURCE_FOLDERS = [*(f"packages/{package}/src" for package in PACKAGES), "tools"]


def dotted(file, folder):
    return ".".join(file.relative_to(ROOT / folder).with_suffix("").parts).removesuffix(".__init__")


def rooms():
    """The folders with a face, by dotted name, and the names that each face gives; a package itself is no room."""
    for folder in SOURCE_FOLDERS:
        for file in (ROOT / folder).rglob("__init__.py"):
            if folder == "tools" or file.parents[1] != ROOT / folder:
                nodes = [node for node in ast.parse(file.read_text()).body if isinstance(node, ast.ImportFrom)]
                yield dotted(file, folder), {alias.asname or alias.name for node in nodes for alias in node.names}


ROOMS = dict(rooms())
MODULES = {dotted(file, folder) for folder in SOURCE_FOLDERS for file in (ROOT / folder).rglob("*.py")}


def modules_imported(source):
    """Dotted names of the modules that a source imports; what a face gives is not one, whatever file has its name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            names = {alias.name for alias in node.names} - ROOMS.get(node.module, set())
            yield from {f"{node.module}.{name}" for name in names} & MODULES


def imports_past_faces(source, importer):
    """The modules that a source takes out of rooms which its own module, `importer`, is not in."""
    outside = [room for room in ROOMS if not f"{importer}.".startswith(f"{room}.")]
    return [name for name in modules_imported(source) if any(name.startswith(f"{room}.") for room in outside)]


@pytest.mark.parametrize("folder", SOURCE_FOLDERS)
def test_rooms_are_imported_through_their_faces(folder):
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    found = {dotted(file, folder): imports_past_faces(file.read_text(), dotted(file, folder)) for file in files}
    assert {importer: names for importer, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("source", "importer", "expected"),
    [
        ("from agront_data.store.layout import FORMAT", "pretrain", ["agront_data.store.layout"]),
        ("import agront_data.store.layout", "agront_data.windows.held_out", ["agront_data.store.layout"]),
        ("from agront_data.store import layout", "agront_data.stores", ["agront_data.store.layout"]),
        ("from agront_data.store import layout", "agront_data.store.ingest", []),
        ("from agront_data.store.ingest import ingest_genomes", "agront_data.store", []),
        ("from agront_data.store import GenomeStore", "agront_data.windows.held_out", []),
        ("from agront_data.batches import held_out_batches", "pretrain", []),  # a function, in a file of its name
        ("from agront_data.bases import N", "agront_data.store.genome_store", []),  # in no room
        ("from presets.demo import DEMO", "pretrain", ["presets.demo"]),
    ],
)
def test_imports_past_faces_are_found(source, importer, expected):
    assert imports_past_faces(source, importer) == expected


@pytest.mark.parametrize("package", PACKAGES)
def test_libraries_neither_print_nor_draw(package):
    assert not imported_by(package) & {"rich", "matplotlib"}
    for file in sources(package):
        assert "print" not in {
            node.func.id for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }, file  # fmt: skip


def test_no_file_is_longer_than_220_lines():
    files = [*(ROOT / "packages").rglob("*.py"), *(ROOT / "tools").rglob("*.py")]
    assert len(files) > 40
    lengths = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in files}
    assert {name: length for name, length in lengths.items() if length > 220} == {}


def test_tools_are_thin():
    lengths = {file.relative_to(ROOT): len(file.read_text().splitlines()) for file in (ROOT / "tools").rglob("*.py")}
    assert {str(file): length for file, length in lengths.items() if len(file.parts) == 2 and length > 190} == {}
    scripts = [file for file in lengths if len(file.parts) == 2]
    assert 1_000 < sum(lengths.values()) <= 400 * len(scripts)


@pytest.mark.parametrize("package", PACKAGES)
def test_dependencies_declared_are_those_imported(package):
    declared = {distribution(entry) for entry in project(ROOT / "packages" / package)["project"]["dependencies"]}
    assert declared == {normalised(DISTRIBUTION_OF.get(name, name)) for name in third_party(package) - EXTRAS[package]}


def test_tools_need_no_more_than_the_root_declares():
    own = {path.stem for path in (ROOT / "tools").iterdir()}
    used = {name for file in (ROOT / "tools").rglob("*.py") for name in imports(file)}
    used = {normalised(DISTRIBUTION_OF.get(name, name)) for name in used - own if name not in sys.stdlib_module_names}
    root = {distribution(entry) for entry in project(ROOT)["project"]["dependencies"]}
    through_packages = set()
    for package in PACKAGES:
        declared = project(ROOT / "packages" / package)["project"]
        through_packages |= {distribution(entry) for entry in declared["dependencies"]}
        for extra in extras_of_root(package):
            through_packages |= {distribution(entry) for entry in declared["optional-dependencies"][extra]}
    assert used <= root | through_packages | OPTIONAL_IN_TOOLS
    assert {f"agront-{package}" for package in PACKAGES} <= root


def extras_of_root(package):
    """The extras of a package that the root asks for."""
    [entry] = [e for e in project(ROOT)["project"]["dependencies"] if distribution(e) == f"agront-{package}"]
    return re.findall(r"[a-z_]+", entry.partition("[")[2])


def test_requirements_are_the_four_packages_and_what_the_root_adds():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    requirements = [line for line in lines if line and not line.startswith("#")]
    packages = [f"-e ./packages/{package}[{','.join(['test', *extras_of_root(package)])}]" for package in PACKAGES]
    added = [entry for entry in project(ROOT)["project"]["dependencies"] if not entry.startswith("agront-")]
    assert sorted(requirements) == sorted(packages + added)


@pytest.mark.parametrize("package", PACKAGES)
def test_the_version_has_an_entry_in_the_changelog(package):
    version = importlib.import_module(f"agront_{package}").__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    changelog = (ROOT / "packages" / package / "CHANGELOG.md").read_text()
    assert re.search(rf"^## {re.escape(version)}\b", changelog, re.MULTILINE)


# What users import from: the packages, and rooms of two that are a subject of their own.
FACES = [
    *(f"agront_{package}" for package in PACKAGES),
    "agront_data.batches",
    "agront_data.duplicates",
    "agront_data.metrics",
    "agront_data.public_genomes",
    "agront_data.regions",
    "agront_data.sequence_files",
    "agront_data.sequences",
    "agront_data.store",
    "agront_data.tables",
    "agront_data.tracks",
    "agront_data.variant_files",
    "agront_data.variants",
    "agront_data.windows",
    "agront_model.inference",
    *(f"agront_train.{room}" for room in ("devices", "observers", "run_folder", "tasks", "update")),
]
PUBLIC = [(face, name) for face in FACES for name in importlib.import_module(face).__all__]


@pytest.mark.parametrize("face", FACES)
def test_the_face_of_a_package_is_whole(face):
    module = importlib.import_module(face)
    assert module.__doc__
    assert len(module.__all__) == len(set(module.__all__))
    imported = {
        name for name, value in vars(module).items() if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert imported == set(module.__all__)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_that_it_is_typed(package):
    assert (ROOT / "packages" / package / "src" / f"agront_{package}" / "py.typed").is_file()


def documented_by_a_string_below(source, name):
    """Whether a string literal follows the assignment of `name` in a module's or a class's body."""
    for body in [source.body, *(node.body for node in source.body if isinstance(node, ast.ClassDef))]:
        for node, after in itertools.pairwise(body):
            targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
            named = any(isinstance(target, ast.Name) and target.id == name for target in targets)
            if named and isinstance(after, ast.Expr) and isinstance(getattr(after.value, "value", None), str):
                return True
    return False


def value_is_documented(face, name):
    """Constants and type aliases have no `__doc__` of their own: they need a string below them."""
    package = face.partition(".")[0].removeprefix("agront_")
    return any(documented_by_a_string_below(ast.parse(file.read_text()), name) for file in sources(package))


@pytest.mark.parametrize(("face", "name"), PUBLIC)
def test_every_public_name_is_documented(face, name):
    value = getattr(importlib.import_module(face), name)
    if inspect.isfunction(value) or (inspect.isclass(value) and value.__name__ == name):
        doc = vars(value).get("__doc__") if inspect.isclass(value) else value.__doc__
        assert doc
        assert not doc.startswith(f"{name}(")  # what `dataclass` writes where there is no docstring
    else:
        assert value_is_documented(face, name)


def public_classes():
    for face, name in PUBLIC:
        value = getattr(importlib.import_module(face), name)
        if inspect.isclass(value) and value.__module__.startswith(face.partition(".")[0]):
            yield value


CLASSES = list(dict.fromkeys(public_classes()))  # once each: a package's face repeats names of its rooms' faces


@pytest.mark.parametrize("public", CLASSES, ids=lambda public: public.__name__)
def test_every_public_method_is_documented(public):
    for name, member in vars(public).items():
        if name.startswith("_"):
            continue
        function = getattr(member, "fget", None) or getattr(member, "func", None) or getattr(member, "__func__", member)
        if inspect.isfunction(function):
            assert function.__doc__, f"{public.__name__}.{name}"


def fields_of(public):
    if dataclasses.is_dataclass(public):
        return [field.name for field in dataclasses.fields(public) if not field.name.startswith("_")]
    return list(getattr(public, "_fields", ()))


@pytest.mark.parametrize(
    "public",
    [pytest.param(public, id=public.__name__) for public in CLASSES if fields_of(public)],
)
def test_every_field_is_documented(public):
    tree = ast.parse(inspect.getsource(public))
    # Fields that a dataclass inherits are documented where they are.
    bases = [base for base in public.__mro__ if dataclasses.is_dataclass(base)] or [public]
    attributes = "".join((base.__doc__ or "").partition("Attributes:\n")[2] for base in bases)
    undocumented = [
        name for name in fields_of(public)
        if not documented_by_a_string_below(tree, name) and not re.search(rf"^ +{name}: \S", attributes, re.MULTILINE)
    ]  # fmt: skip
    assert undocumented == []
