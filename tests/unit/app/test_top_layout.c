// SPDX-License-Identifier: BSD-3-Clause
#include "app/top_layout.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char overview[] =
	"{'version':'1.2.3','sensor':'s1','state':'running','problems':[],'now':1010.0,'started':1000.0,"
	"'source':{'names':['c.pcap'],'done':25,'total':100},"
	"'counters':{'packets_in':123456,'records_out':50000,'records_in':40000,'queries_answered':90,'queries_unanswered':10},"
	"'losses':[['source','a','',0],['source','b','',0],['rings','c','',0],['file','d','',0]],"
	"'sinks':[{'name':'file','delivered':12345,'pending':0,'spooled':0,'dropped':0,'problem':''}],"
	"'rcodes':[{'name':'NOERROR','count':30},{'name':'SERVFAIL','count':10},{'name':'NXDOMAIN','count':60}],"
	"'qtypes':[{'name':'A','count':3},{'name':'AAAA','count':1}],"
	"'latency':{'quantiles':[0.512,12.3,1530]},"
	"'minutes':{'rows':[[1,0,0,0,0,0,7,8,9],[2,0,0,0,0,0,1,2,3]]},"
	"'top':{'names':{'of':1000,'rows':[['www.example.com',500,0],['rare.example.com',3,3],['mail.example.com',250,10]]},"
	"'domains':{'of':1000,'rows':[['example.com',750,0]]},'clients':{'of':1000,'rows':[]},"
	"'servers':{'of':0,'rows':[]},'nxdomain':{'of':0,'rows':[]}}}";

static json_t *parsed(const char *text)
{
	char *json = strdup(text);
	json_error_t why;
	json_t *j;

	for (char *p = json; *p; p++)
		if (*p == '\'')
			*p = '"';
	j = json_loads(json, 0, &why);
	cr_assert(j != NULL, "%s", why.text);
	free(json);
	return j;
}

static char *laid(const json_t *now, const json_t *before, const char *news, unsigned width, unsigned height)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	top_layout(f, now, before, news, width, height);
	fclose(f);
	cr_assert_eq(strlen(text), len);
	return text;
}

/* Takes the sequences out, none of which may be another than the three; asserts that all is printable, and the size. */
static void strip(char *text, unsigned width, unsigned height)
{
	static const char *const known[] = { "\033[1m", "\033[7m", "\033[0m" };
	unsigned lines = 0, columns = 0;
	char *to = text;

	for (const char *p = text; *p;) {
		unsigned k = 0;

		while (k < 3 && strncmp(p, known[k], 4))
			k++;
		if (k < 3) {
			p += 4;
			continue;
		}
		cr_assert((*p >= 0x20 && *p <= 0x7e) || *p == '\n', "byte %d", *p);
		columns = *p == '\n' ? 0 : columns + 1;
		lines += *p == '\n';
		cr_assert_lt(columns, width > 1 ? width : 2);
		*to++ = *p++;
	}
	*to = '\0';
	cr_assert_leq(lines, height, "%u lines", lines);
}

static char *plain(const char *json, const char *news, unsigned width, unsigned height)
{
	json_t *now = parsed(json);
	char *text = laid(now, NULL, news, width, height);

	strip(text, width, height);
	json_decref(now);
	return text;
}

static bool has_line(const char *text, const char *line)
{
	size_t len = strlen(line);

	for (const char *p = text; (p = strstr(p, line)); p++)
		if ((p == text || p[-1] == '\n') && p[len + strspn(p + len, " ")] == '\n')
			return true;
	return false;
}

Test(top_layout, a_usual_terminal)
{
	static const char *const want[] = {
		"dnsweir 1.2.3  s1  c.pcap                     running 25%, 0:00:30 left 0:00:10",
		"Rate   12.3k packets/s  5.00k records/s  4.00k transactions/s  123k packets",
		"Times  p50 512us  p95 12.3ms  p99 1.53s  90.0% of queries answered",
		"Minute p50 1ms  p95 2ms  p99 3ms  in the newest minute",
		"Codes  NXDOMAIN 60.0%  NOERROR 30.0%  SERVFAIL 10.0%",
		"Types  A 75.0%  AAAA 25.0%",
		"Lost   nothing",
		"Sinks  file ok, 12.3k delivered",
		"Names                                   Registered domains",
		"www.example.com             500  50.0%  example.com                 750  75.0%",
		"mail.example.com       >=   250  25.0%",
		"all are rare                            none yet",
	};
	char *text = plain(overview, "", 80, 24);

	for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		cr_expect(has_line(text, want[i]), "no line \"%s\" in\n%s", want[i], text);
	cr_assert_null(strstr(text, "rare.example.com"), "a count that may be nothing but error");
	free(text);
}

Test(top_layout, a_small_terminal)
{
	char *text = plain(overview, "", 40, 10);

	cr_expect(has_line(text, "Rate   12.3k packets/s 5.00k records/s"), "%s", text);
	cr_expect(has_line(text, "Times  p50 512us p95 12.3ms p99 1.53s"), "%s", text);
	cr_expect(has_line(text, "Names"), "%s", text);
	cr_expect(has_line(text, "www.example.com              500  50.0%"), "%s", text);
	cr_expect(!strstr(text, "Minute") && !strstr(text, "Clients"), "%s", text);
	free(text);
}

Test(top_layout, every_size_is_kept_to)
{
	for (unsigned width = 0; width < 130; width += 3)
		for (unsigned height = 0; height < 30; height++)
			free(plain(overview, height & 1 ? "dnsweir: warning: what is new" : "", width, height));
	free(plain(overview, "", 60000, 3000));
}

Test(top_layout, nothing_is_there_yet)
{
	free(plain("{}", "", 80, 24));
	free(plain("{'top':[],'sinks':7,'losses':[1,[],['x']],'rcodes':[3],'minutes':{'rows':[[]]},'problems':[1]}",
		   "", 80, 24));
}

Test(top_layout, rates_are_counted_from_the_one_before)
{
	json_t *before = parsed(overview);
	json_t *now = parsed("{'now':1012.0,'counters':{'packets_in':125456,'records_out':50010,'records_in':40004}}");
	char *text = laid(now, before, "", 80, 24);

	strip(text, 80, 24);
	cr_expect(has_line(text, "Rate   1.00k packets/s  5 records/s  2 transactions/s  125k packets"), "%s", text);
	free(text);
	json_decref(before);
	json_decref(now);
}

Test(top_layout, what_is_lost_and_what_fails_stands_out)
{
	json_t *now = parsed("{'losses':[['source','a','',3],['source','b','',2],['rings','c','',0],['kafka','d','',7]],"
			     "'problems':['sink kafka: delivers nothing'],"
			     "'sinks':[{'name':'file','delivered':1,'problem':''},"
			     "{'name':'kafka','delivered':2,'pending':3,'spooled':1000,'dropped':7,'problem':'delivers nothing'}]}");
	char *text = laid(now, NULL, "", 100, 24);

	cr_expect(strstr(text, "\033[7mLost   source 5  kafka 7\033[0m"), "%s", text);
	cr_expect(strstr(text, "\033[7mSinks  kafka FAILS, 2 delivered, 1.00k waiting, 7 dropped  file ok, 1 delivered\033[0m"),
		  "%s", text);
	cr_expect(strstr(text, "\033[7msink kafka: delivers nothing\033[0m"), "%s", text);
	free(text);
	json_decref(now);
}

/* Whatever the overview holds, a name that would speak to the terminal is only text. */
Test(top_layout, hostile_text)
{
	char *text = plain("{'sensor':'\\u001b[2J','source':{'names':['\\u009b31m']},'problems':['\\u0007\\r\\n\\u007f'],"
			   "'rcodes':[{'name':'\\u001b]0;x\\u0007','count':1}],"
			   "'top':{'names':{'of':9,'rows':[['\\u001b[31mevil.example',9,0]]}}}",
			   "news\033c\n", 80, 24);

	cr_expect(strstr(text, "?[31m"), "%s", text);
	cr_expect(strstr(text, "news?c?"), "%s", text);
	free(text);
}

Test(top_layout, long_things_are_cut)
{
	char json[2400] = "{'top':{'names':{'of':9,'rows':[['";
	char *text;

	memset(json + strlen(json), 'x', 1016);
	strcat(json, "',9,0]]}},'sensor':'");
	memset(json + strlen(json), 'y', 1000);
	strcat(json, "'}");
	text = plain(json, "", 40, 10);
	cr_expect(has_line(text, "xxxxxxxxxxxxxxxxxxxxx~         9 100.0%"), "%s", text);
	free(text);
	free(plain(json, "", 60000, 60000));
}
