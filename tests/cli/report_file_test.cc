// `--report FORMAT=FILE`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/cli/sweep_command.h"

namespace tripled::cli {
namespace {

TEST(ReportFile, IsAKnownFormatAndAFile) {
  for (const char* format : {"text", "json", "junit", "html"}) {
    auto parsed = parse_report_file(std::string(format) + "=out/report");
    ASSERT_TRUE(parsed) << format;
    EXPECT_EQ(parsed->format, format);
    EXPECT_EQ(parsed->file, "out/report");
  }
  EXPECT_EQ(parse_report_file("html=a=b.html")->file, "a=b.html");  // the first `=` counts
}

TEST(ReportFile, AnythingElseIsAUsageErrorThatNamesTheFormats) {
  for (const char* text :
       {"", "html", "html=", "=file", "pdf=file", "HTML=file", " html=file", "html:file"}) {
    auto parsed = parse_report_file(text);
    ASSERT_FALSE(parsed) << "`" << text << "`";
    EXPECT_EQ(parsed.error().kind(), ErrorKind::usage);
    EXPECT_THAT(parsed.error().message(), testing::HasSubstr("text, json, junit, html"));
    EXPECT_THAT(parsed.error().message(), testing::HasSubstr(text));
  }
}

}  // namespace
}  // namespace tripled::cli
