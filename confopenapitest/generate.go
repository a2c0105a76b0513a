package confopenapitest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

var (
	surnames   = []string{"张", "王", "李", "赵", "陈", "刘", "杨", "黄", "周", "吴", "欧阳", "司马"}
	givenNames = []string{"三", "伟", "芳", "娜", "秀英", "敏", "静", "丽", "强", "磊", "晓明", "建国", "雨桐", "子轩"}
	subjects   = []string{
		"周例会", "项目评审", "产品需求讨论", "季度经营分析会", "客户方案沟通", "技术分享：大规模直播架构", "面试", "新员工培训",
		"Sprint 回顾", "预算评审", "应急演练", "党建学习", "供应商对接 (Q4)", "代码走查", "全员大会", "版本发布 v2.0 决策会",
	}
	departments = []string{"研发部", "市场部", "人力资源部", "财务部", "销售一部", "客户成功部", "IT 运维中心", "总裁办"}
	locations   = []string{"", "北京", "上海", "广东深圳", "四川成都", "浙江杭州"}
	accounts    = []string{"免费", "付费", "试用"}
	dataCenters = []string{"", "bj-1", "sh-2"}
)

// displayTime is the form of startTimeStr in the vendor's example.
const displayTime = "2006-01-02 15:04:05"

// Conferences generates n live conferences with realistic Chinese data, the latest start first. The same seed gives the same
// conferences; a longer list of a seed begins with the shorter one. About one in five has one attendee.
func Conferences(n int, seed uint64) []confopenapi.Conference {
	r := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	list := make([]confopenapi.Conference, max(0, n))
	start := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	for i := range list {
		start = start.Add(-time.Duration(r.IntN(90)) * time.Second)
		list[i] = indexed(r, i, start)
	}
	return list
}

// ConferencesFrom generates n conferences of an endless list, beginning at the index first, the latest start first. The same
// index and seed give the same conference. To add one to Conferences(n, seed), take Conferences(n+1, seed)[n:], not this function:
// its conferences have the same ids, but other starts.
func ConferencesFrom(first, n int, seed uint64) []confopenapi.Conference {
	list := make([]confopenapi.Conference, max(0, n))
	begin := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	for i := range list {
		index := max(0, first) + i
		r := rand.New(rand.NewPCG(seed, uint64(index)))
		list[i] = indexed(r, index, begin.Add(-time.Duration(index)*time.Second))
	}
	return list
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// indexed is a conference whose ids come from its index.
func indexed(r *rand.Rand, i int, start time.Time) confopenapi.Conference {
	return conference(r, int64(1165158+i), fmt.Sprint(22188557+3*i), start)
}

func conference(r *rand.Rand, eventID int64, conferenceID string, start time.Time) confopenapi.Conference {
	host, org, account := 10001+r.IntN(500), r.IntN(len(departments)), r.IntN(len(accounts))
	elapsed := 60 * (1 + r.IntN(120))
	c := confopenapi.Conference{
		EventID:             eventID,
		ConferenceID:        conferenceID,
		Title:               pick(r, subjects),
		CustomerCode:        "990001",
		Passcode:            confopenapi.NewSecret(fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64())),
		HostID:              int64(host),
		HostName:            pick(r, surnames) + pick(r, givenNames),
		HostEmail:           fmt.Sprintf("user%d@example.com", host),
		HostMobile:          fmt.Sprintf("1000000%04d", host%10000),
		HostAccountType:     account,
		HostAccountTypeText: accounts[account],
		HostOrgID:           int64(72927934 + org),
		HostOrgName:         departments[org],
		HostIP:              fmt.Sprintf("192.0.2.%d", 1+r.IntN(254)),
		HostLocation:        pick(r, locations),
		StartTime:           confopenapi.UnixTime(start.Unix()),
		StartTimeText:       start.Format(displayTime),
		DurationSeconds:     elapsed,
		DurationMinutes:     elapsed / 60,
		IsSecure:            flag(r),
		IsRecorded:          flag(r),
		DataCenter:          pick(r, dataCenters),
		Status:              confopenapi.StatusInProgress,
		VoIPCount:           r.IntN(3),
		PSTNCount:           r.IntN(3),
		VideoCount:          r.IntN(4),
		DesktopCount:        1 + r.IntN(12),
		MCUCount:            r.IntN(2),
		BoxCount:            r.IntN(2),
	}
	if r.IntN(5) == 0 {
		c.VoIPCount, c.PSTNCount, c.VideoCount, c.DesktopCount, c.MCUCount, c.BoxCount = 0, 0, 0, 1, 0, 0
	}
	c.AttendeeCount = c.VoIPCount + c.PSTNCount + c.VideoCount + c.DesktopCount + c.MCUCount + c.BoxCount
	c.RawAttendeeCount = max(0, c.AttendeeCount-r.IntN(2))
	c.RawPSTNCount = c.PSTNCount
	return c
}

// flag is null, true or false: the service sends all three.
func flag(r *rand.Rand) *bool {
	n := r.IntN(4)
	if n == 0 {
		return nil
	}
	return new(n == 1)
}
