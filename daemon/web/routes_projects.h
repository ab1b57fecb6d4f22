// Projects and schedules in the API. Internal to daemon/web.
#pragma once
#include "daemon/web/api.h"

namespace tripled::web {

void list_projects(Api& api, Api::Call call);
void add_project(Api& api, Api::Call call);
void show_project(Api& api, Api::Call call);
void change_project(Api& api, Api::Call call);
void remove_project(Api& api, Api::Call call);

void list_schedules(Api& api, Api::Call call);
void add_schedule(Api& api, Api::Call call);
void show_schedule(Api& api, Api::Call call);
void change_schedule(Api& api, Api::Call call);
void remove_schedule(Api& api, Api::Call call);
void run_schedule(Api& api, Api::Call call);

}  // namespace tripled::web
