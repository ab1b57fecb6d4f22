#include "daemon/report/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pugixml.hpp>

#include "tests/report/fixture.h"

namespace tripled::report {
namespace {

using namespace fixture;
using testing::HasSubstr;
using testing::Not;

std::string mid_size_page() {
  SweepMaker sweep;
  mid_size(sweep);
  return to_html(sweep.report());
}

void parse(pugi::xml_document& document, const std::string& page) {
  auto parsed = document.load_string(page.c_str(), pugi::parse_default | pugi::parse_doctype);
  ASSERT_TRUE(parsed) << parsed.description() << " at "
                      << page.substr(static_cast<std::size_t>(parsed.offset), 80);
}

TEST(HtmlReport, IsWellFormed) {
  pugi::xml_document document;
  parse(document, mid_size_page());
  SweepMaker empty;
  parse(document, to_html(empty.report()));
}

TEST(HtmlReport, NeedsNothingFromElsewhereAndNoScript) {
  auto page = mid_size_page();
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("http")));
  EXPECT_THAT(page, Not(HasSubstr("url(")));
  EXPECT_THAT(page, Not(HasSubstr("@import")));
  pugi::xml_document document;
  parse(document, page);
  EXPECT_TRUE(document.select_nodes("//link|//img|//iframe|//object|//@src|//@onclick").empty());
  for (const auto& link : document.select_nodes("//a"))
    EXPECT_EQ(link.node().attribute("href").value()[0], '#') << link.node().attribute("href").value();
}

TEST(HtmlReport, TheProjectsWordsAreEscaped) {
  auto page = mid_size_page();  // its failing test prints <script>alert(1)</script>
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_EQ(html_escape("<a href=\"x\" b='y'>&\x1b[31m\x01z"),
            "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;z");
}

TEST(HtmlReport, HostileNamesStayText) {
  const std::string evil = "\"><script>x</script>'&";
  SweepMaker sweep;
  auto bad = failed(unit(evil, evil, "lib"), evil, evil, evil, 1);
  sweep.cell(evil, evil).compiled(Stage::check, {bad});
  sweep.cell("x", evil).excluded(evil);
  auto& record = sweep.record();
  record.row.project_name = record.row.matrix_file = record.row.revision = evil;
  record.plan.warnings = {evil};
  record.facts[0].name = record.cells[0].cell.settings.toolchain = evil;
  auto page = to_html(sweep.report());
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  pugi::xml_document document;
  parse(document, page);
}

TEST(HtmlReport, TheGridIsATableWithHeadsOfItsRowsAndColumns) {
  pugi::xml_document document;
  parse(document, mid_size_page());
  auto table = document.select_node("//table[@class='grid']").node();
  EXPECT_EQ(document.select_nodes("//table[@class='grid']/thead/tr/th[@scope='col']").size(), 6u);
  EXPECT_EQ(document.select_nodes("//table[@class='grid']/tbody/tr/th[@scope='row']").size(), 6u);
  EXPECT_TRUE(table.child("caption"));
  // Sign and word, not colour alone.
  auto cell = document.select_node("//td[@data-label='check']/span[@class='w fail']").node();
  EXPECT_STREQ(cell.last_child().value(), "fail");
  EXPECT_STREQ(cell.child("span").child_value(), "✗");
}

TEST(HtmlReport, LinksLeadToTheirCell) {
  pugi::xml_document document;
  parse(document, mid_size_page());
  for (const auto& link : document.select_nodes("//table[@class='grid']//a")) {
    auto id = std::string(link.node().attribute("href").value()).substr(1);
    EXPECT_EQ(document.select_nodes(("//details[@id='" + id + "']").c_str()).size(), 1u) << id;
  }
}

TEST(HtmlReport, UnexpectedFailuresAreOpenAndExpectedOnesClosed) {
  pugi::xml_document document;
  parse(document, mid_size_page());
  EXPECT_FALSE(document.select_nodes("//section[h2[starts-with(.,'Failures')]]/details[@open]").empty());
  EXPECT_TRUE(document.select_nodes("//section[h2[starts-with(.,'Expected')]]/details[@open]").empty());
  EXPECT_FALSE(document.select_nodes("//section[h2[starts-with(.,'Expected')]]/details").empty());
}

}  // namespace
}  // namespace tripled::report
