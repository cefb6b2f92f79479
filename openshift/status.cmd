@echo off
rem Show what there is of Cherha in a project, and whether it runs: status.cmd --help. status.sh makes the same calls.
setlocal
if not defined OC set "OC=oc"
set "project="
set "app=cherha"

:arguments
if "%~1"=="" goto ready
if "%~1"=="-n" set "project=%~2" & shift & shift & goto arguments
if "%~1"=="--namespace" set "project=%~2" & shift & shift & goto arguments
if "%~1"=="-a" set "app=%~2" & shift & shift & goto arguments
if "%~1"=="--app" set "app=%~2" & shift & shift & goto arguments
if "%~1"=="--help" goto usage
echo status: %~1 is not known; see status.cmd --help. 1>&2
exit /b 2

:usage
echo status.cmd -n PROJECT [options]
echo.
echo   -n, --namespace PROJECT   the project
echo   -a, --app NAME            APP_NAME, as it was deployed; cherha is the default
echo       --help                print this
echo.
echo It ends with 0 when all Deployments are available, and with 1 when one is not.
exit /b 0

:ready
if not defined project echo status: Which project? -n PROJECT 1>&2 & exit /b 2
%OC% whoami >nul
if errorlevel 1 echo status: Log in first, with oc login. 1>&2 & exit /b 1
%OC% get deployment,pod,horizontalpodautoscaler,persistentvolumeclaim,route -n "%project%" -l "app.kubernetes.io/part-of=%app%"
if errorlevel 1 echo status: The project %project% cannot be read. 1>&2 & exit /b 1
%OC% get build -n "%project%" -l "buildconfig=%app%"
if errorlevel 1 echo status: The builds cannot be read. 1>&2 & exit /b 1
%OC% wait deployment -n "%project%" -l "app.kubernetes.io/part-of=%app%" --for=condition=Available --timeout=1s >nul
if errorlevel 1 echo status: Not everything runs. 1>&2 & exit /b 1
echo status: everything runs.
exit /b 0
