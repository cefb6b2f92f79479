@echo off
rem Take Cherha out of a project: undeploy.cmd --help. undeploy.sh makes the same calls.
setlocal
if not defined OC set "OC=oc"
set "project="
set "app=cherha"
set "purge="
set "dry_run="

:arguments
if "%~1"=="" goto ready
if "%~1"=="-n" set "project=%~2" & shift & shift & goto arguments
if "%~1"=="--namespace" set "project=%~2" & shift & shift & goto arguments
if "%~1"=="-a" set "app=%~2" & shift & shift & goto arguments
if "%~1"=="--app" set "app=%~2" & shift & shift & goto arguments
if "%~1"=="--purge" set "purge=yes" & shift & goto arguments
if "%~1"=="--dry-run" set "dry_run=--dry-run=server" & shift & goto arguments
if "%~1"=="--help" goto usage
echo undeploy: %~1 is not known; see undeploy.cmd --help. 1>&2
exit /b 2

:usage
echo undeploy.cmd -n PROJECT [options]
echo.
echo   -n, --namespace PROJECT   the project
echo   -a, --app NAME            APP_NAME, as it was deployed; cherha is the default
echo       --purge               the volumes and the secrets too: all jobs, files and accounts are gone then
echo       --dry-run             ask the cluster about everything, and change nothing
echo       --help                print this
echo.
echo Without --purge, deploy brings everything back as it was. The project stays.
exit /b 0

:ready
if not defined project echo undeploy: Which project? -n PROJECT 1>&2 & exit /b 2
%OC% whoami >nul
if errorlevel 1 echo undeploy: Log in first, with oc login. 1>&2 & exit /b 1
call :remove "route,horizontalpodautoscaler,poddisruptionbudget"
if errorlevel 1 exit /b 1
rem Workers finish their jobs, for which they need the servers: oc waits for the pods.
%OC% delete deployment -n "%project%" -l "app.kubernetes.io/part-of=%app%,app.kubernetes.io/component in (web,worker)" --ignore-not-found --cascade=foreground %dry_run%
if errorlevel 1 echo undeploy: Not everything was deleted. 1>&2 & exit /b 1
call :remove "deployment,service,buildconfig,imagestream,networkpolicy,serviceaccount"
if errorlevel 1 exit /b 1
if not defined purge goto done
call :remove "persistentvolumeclaim,secret"
if errorlevel 1 exit /b 1
:done
echo undeploy: done.
exit /b 0

:remove
%OC% delete "%~1" -n "%project%" -l "app.kubernetes.io/part-of=%app%" --ignore-not-found %dry_run%
if errorlevel 1 echo undeploy: Not everything was deleted. 1>&2 & exit /b 1
exit /b 0
