"""What the script reads out of a checkout of the provider: a small one here, in the form of its sources."""

import runpy
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "provider_operations.py"
PACKAGE = """\
package sns

func (p *servicePackage) SDKResources(ctx context.Context) []*inttypes.ServicePackageSDKResource {
	return []*inttypes.ServicePackageSDKResource{
		{
			Factory:  resourceTopic,
			TypeName: "aws_sns_topic",
			Tags: unique.Make(inttypes.ServicePackageResourceTags{}),
		},
		{
			Factory:  resourceTopicPolicy,
			TypeName: "aws_sns_topic_policy",
		},
	}
}
"""
SOURCES = """\
package sns

func resourceTopic() *schema.Resource {
	return &schema.Resource{
		CreateWithoutTimeout: resourceTopicCreate,
		ReadWithoutTimeout:   resourceTopicRead,
		UpdateWithoutTimeout: resourceTopicUpdate,
	}
}

func resourceTopicPolicy() *schema.Resource {
	return &schema.Resource{CreateWithoutTimeout: resourceTopicCreate}
}

func resourceTopicCreate(ctx context.Context) {
	output, err := conn.CreateTopic(ctx, &input)
	findTopics(ctx)
}

func resourceTopicRead(ctx context.Context) {
}

func resourceTopicUpdate(ctx context.Context) {
	conn.DeleteTopic(ctx, &input)
}

func findTopics(ctx context.Context) {
	pages := sns.NewListTopicsPaginator(conn, &input)
}

func listTags(ctx context.Context) {
	conn.ListTagsForResource(ctx, &input)
}
"""


@pytest.fixture
def script() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


def checkout(root: Path) -> Path:
    folder = root / "internal" / "service" / "sns"
    folder.mkdir(parents=True)
    (folder / "service_package_gen.go").write_text(PACKAGE)
    (folder / "topic.go").write_text(SOURCES)
    (folder / "topic_test.go").write_text("func resourceTopicRead() { conn.Publish(ctx) }")
    return root


def test_what_is_reached_now_and_was_not_is_told_and_the_reverse(tmp_path: Path, script: dict[str, Any]) -> None:
    kept = {
        "aws_sns_topic": ["sns:CreateTopic", "sns:ListTopics", "sns:ListTagsForResource"],
        "aws_sns_topic_policy": ["sns:CreateTopic", "sns:SetTopicAttributes"],
        "aws_sns_other": ["sns:CreateTopic"],
    }
    assert [*script["differences"](checkout(tmp_path), kept)] == [
        "aws_sns_topic_policy: new: ListTopics",
        "aws_sns_topic_policy: gone: SetTopicAttributes",
        "aws_sns_other: the sources do not register it",
    ]


def test_where_the_sources_are_is_told(tmp_path: Path, script: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert script["main"]([str(tmp_path)]) == 2
    assert "git clone --depth 1" in capsys.readouterr().err
