"""Resource types out of the published bindings for the provider."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from stackproof.core.verdicts import UsageError
from stackproof.terraform import bindings, schema

MODULE = """\
class TableTtlOutputReference extends cdktn.ComplexObject {
    // enabled - computed: false, optional: true, required: false
        return this.getBooleanAttribute('enabled');
}
class TableReplicaOutputReference extends cdktn.ComplexObject {
    // region_name - computed: false, optional: false, required: true
        return this.getStringAttribute('region_name');
}
class TableReplicaList extends cdktn.ComplexList {
}
class Table extends cdktn.TerraformResource {
    // arn - computed: true, optional: false, required: false
    // replica - computed: false, optional: true, required: false
    _replica = new TableReplicaList(this, "replica", true);
    // ttl - computed: true, optional: false, required: false
    _ttl = new TableTtlOutputReference(this, "ttl");
    _tagsAll = new cdktn.StringMap(this, "tags_all");
}
"""


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache with a small package of bindings."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        readme = "[Terraform](https://registry.terraform.io/providers/hashicorp/aws/6.69.1/docs)"
        for name, text in {"README.md": readme, "lib/dynamodb-table/index.js": MODULE}.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    folder = tmp_path / "bindings"
    folder.mkdir()
    with zipfile.ZipFile(folder / f"cdktn_provider_aws-{bindings.VERSION}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("cdktn_provider_aws/_jsii/provider-aws@1.jsii.tgz", packed.getvalue())
    return tmp_path


def test_a_type_is_read(cache: Path) -> None:
    version, found = bindings.schemas(["aws_dynamodb_table"], cache)
    assert version == schema.current().version
    assert found["aws_dynamodb_table"].schema == {
        "arn": "computed",
        "replica": {"mode": "optional", "nested": {"region_name": "required"}, "nesting": "many"},
        "ttl": {"mode": "computed", "nested": {"enabled": "optional"}},
    }
    types = {"replica": [{"region_name": "string"}], "tags_all": {"*": "string"}, "ttl": [{"enabled": "bool"}]}
    assert found["aws_dynamodb_table"].types == types


def test_a_type_that_the_provider_does_not_have(cache: Path) -> None:
    with pytest.raises(UsageError, match=r"hashicorp/aws 6\.69\.1 has no resource type aws_nothing"):
        bindings.schemas(["aws_dynamodb_table", "aws_nothing"], cache)


def test_bindings_of_another_version_are_not_mixed_in() -> None:
    with pytest.raises(UsageError, match="are for hashicorp/aws 7"):
        bindings.merged({"version": "6.69.1", "resources": {}}, "7.0.0", {})


def test_without_a_package_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(UsageError, match=r"(?s)pip could not download .* Put its wheel into|Put its wheel into"):
        bindings.schemas(["aws_dynamodb_table"], tmp_path)


@pytest.mark.parametrize("types", [[], ["table"], ["aws_x; rm"]])
def test_what_is_no_type(types: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert schema.main(types) == 4
    assert "name resource types" in capsys.readouterr().err
